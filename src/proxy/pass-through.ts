import type { AnswerTarget } from "./answer-target.ts";
import { ClientRelay } from "./client-relay.ts";
import type { Inbound } from "./inbound.ts";
import type { Presence } from "./presence.ts";
import type { RequestStream } from "./request-stream.ts";
import type { Route } from "./routes.ts";
import { answerError, askedAgainByClient, type UpstreamAnswer, type Upstreams } from "./upstream.ts";
import { answerHeaders, requestHeaders } from "./upstream-headers.ts";

/** A body of at most this many bytes is read first, and leaves in one write with its headers. */
const readFirstBytesMax = 64 * 1024;

export interface PassTerms {
  /** Bounds the wait for an answer, ms. */
  readonly headersMs?: number;
  /** The body, where it was read already. */
  readonly read?: Buffer | null;
  /** Ends it; left out, the client alone does. */
  readonly presence?: Presence;
}

/** What nobody watches: bytes in, bytes out, as they come. */
export async function passThrough(
  inbound: Inbound,
  route: Route,
  upstreams: Pick<Upstreams, "send">,
  bytesMax: number,
  { headersMs, read = null, presence = inbound }: PassTerms = {},
): Promise<void> {
  const { timing } = inbound;
  const body = read ?? (await bodyOf(inbound, bytesMax));
  timing.dispatched();
  let answer: UpstreamAnswer;
  try {
    answer = await upstreams.send({
      target: route.target,
      method: inbound.method,
      path: route.path + route.query,
      headers: requestHeaders(inbound.incoming.rawHeaders, read === null ? "as-it-came" : "whole", false),
      body,
      signal: presence,
      begun: () => timing.leaves(),
      ...(headersMs === undefined ? {} : { headersMs }),
    });
  } catch (thrown) {
    throw askedAgainByClient(thrown);
  }
  timing.upstreamHeaders();
  await passAnswer(inbound, answer);
}

function bodyOf(inbound: Inbound, bytesMax: number): Promise<Buffer> | RequestStream | null {
  const { announcedBytes } = inbound;
  if (announcedBytes !== undefined && announcedBytes <= readFirstBytesMax) return inbound.readBody(bytesMax);
  return inbound.hasBody ? inbound.bodyStream(bytesMax) : null;
}

/**
 * The upstream's answer as it comes. An answer that breaks off breaks the client's connection too:
 * a clean end would pass a piece of an answer off as the whole.
 */
export async function passAnswer(client: AnswerTarget, answer: UpstreamAnswer): Promise<void> {
  const relay = new ClientRelay(answer, client);
  client.writeHead(answer.status, answerHeaders(answer.headers, "as-it-came"));
  client.onLeave((reason) => relay.fail(reason));
  try {
    await relay.run();
  } catch (cause) {
    client.destroy();
    if (!client.left) throw answerError(cause, answer.target);
  }
}
