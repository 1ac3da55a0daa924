import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { LongstopError } from "../exchange/error.ts";
import type { Inbound } from "./inbound.ts";
import { limited } from "./limited.ts";
import type { Route } from "./routes.ts";
import { askedAgainByClient, type UpstreamAnswer, type Upstreams } from "./upstream.ts";
import { answerHeaders, requestHeaders } from "./upstream-headers.ts";

/** What nobody watches: bytes in, bytes out, as they come. */
export async function passThrough(
  inbound: Inbound,
  route: Route,
  upstreams: Upstreams,
  bytesMax: number,
): Promise<void> {
  inbound.checkAnnouncedLength(bytesMax);
  const { incoming, timing } = inbound;
  timing.dispatched();
  const request = {
    target: route.target,
    method: inbound.method,
    path: route.path + route.query,
    headers: requestHeaders(incoming.rawHeaders, "as-it-came", false),
    body: inbound.hasBody ? bodyOf(inbound, bytesMax) : null,
    signal: inbound.gone,
  };
  const answer = await upstreams.send(request).catch((thrown: unknown) => {
    throw askedAgainByClient(thrown);
  });
  timing.upstreamHeaders();
  await passAnswer(inbound, answer);
}

/** A body with an announced length was checked already; only a chunked one must be counted. */
function bodyOf(inbound: Inbound, bytesMax: number): Readable {
  const { incoming } = inbound;
  if (incoming.headers["content-length"] !== undefined) return incoming;
  return Readable.from(
    limited(
      incoming,
      bytesMax,
      () =>
        new LongstopError(
          "request_too_large",
          `The request body is larger than ${bytesMax} bytes (limits.requestBytesMax).`,
        ),
    ),
  );
}

/**
 * The upstream's answer as it comes. An answer that breaks off breaks the client's connection too:
 * a clean end would pass a piece of an answer off as the whole.
 */
export async function passAnswer(inbound: Inbound, answer: UpstreamAnswer): Promise<void> {
  inbound.writeHead(answer.status, answerHeaders(answer.headers, "as-it-came"));
  try {
    await pipeline(answer.body, inbound.outgoing);
  } catch (cause) {
    inbound.destroy();
    if (!inbound.gone.aborted) throw cause;
  }
}
