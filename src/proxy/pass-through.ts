import { ClientRelay } from "./client-relay.ts";
import type { Inbound } from "./inbound.ts";
import type { Route } from "./routes.ts";
import { answerError, askedAgainByClient, type UpstreamAnswer, type Upstreams } from "./upstream.ts";
import { answerHeaders, requestHeaders } from "./upstream-headers.ts";

/** A body of at most this many bytes is read first, and leaves in one write with its headers. */
const readFirstBytesMax = 64 * 1024;

/** What nobody watches: bytes in, bytes out, as they come. `headersMs` bounds the wait for an answer. */
export async function passThrough(
  inbound: Inbound,
  route: Route,
  upstreams: Upstreams,
  bytesMax: number,
  headersMs?: number,
): Promise<void> {
  const { announcedBytes, timing } = inbound;
  const body =
    announcedBytes !== undefined && announcedBytes <= readFirstBytesMax
      ? await inbound.readBody(bytesMax)
      : inbound.hasBody
        ? inbound.bodyStream(bytesMax)
        : null;
  timing.dispatched();
  let answer: UpstreamAnswer;
  try {
    answer = await upstreams.send({
      target: route.target,
      method: inbound.method,
      path: route.path + route.query,
      headers: requestHeaders(inbound.incoming.rawHeaders, "as-it-came", false),
      body,
      signal: inbound,
      ...(headersMs === undefined ? {} : { headersMs }),
    });
  } catch (thrown) {
    throw askedAgainByClient(thrown);
  }
  timing.upstreamHeaders();
  await passAnswer(inbound, answer);
}

/**
 * The upstream's answer as it comes. An answer that breaks off breaks the client's connection too:
 * a clean end would pass a piece of an answer off as the whole.
 */
export async function passAnswer(inbound: Inbound, answer: UpstreamAnswer): Promise<void> {
  const relay = new ClientRelay(answer, inbound.outgoing);
  inbound.writeHead(answer.status, answerHeaders(answer.headers, "as-it-came"));
  inbound.onLeave((reason) => relay.fail(reason));
  try {
    await relay.run();
  } catch (cause) {
    inbound.destroy();
    if (!inbound.left) throw answerError(cause, answer.target);
  }
}
