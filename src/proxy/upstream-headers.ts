/**
 * Headers that belong to one connection (RFC 9110 7.6.1) and never travel on. `expect` is answered
 * by this server; `host` is the upstream's own.
 */
const connectionHeaders = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const notForUpstream = new Set(["host", "expect"]);

/** Pairs of a raw header list, as they stood on the wire. */
export function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] as string, raw[i + 1] as string];
}

/** The first value of a header in a raw list, or undefined. `name` is lower case. */
export function headerOf(raw: readonly string[], name: string): string | undefined {
  for (const [key, value] of pairs(raw)) if (key.toLowerCase() === name) return value;
  return undefined;
}

/** What `Connection` lists; the header may stand more than once (RFC 9110 5.3). */
function listedInConnection(raw: readonly string[]): ReadonlySet<string> {
  const listed = new Set<string>();
  for (const [key, value] of pairs(raw)) {
    if (key.toLowerCase() !== "connection") continue;
    for (const name of value.split(",")) listed.add(name.trim().toLowerCase());
  }
  return listed;
}

/** A raw list without the headers of its connection and without those that `drop` names. */
function without(raw: readonly string[], drop: (name: string) => boolean): string[] {
  const listed = listedInConnection(raw);
  const kept: string[] = [];
  for (const [key, value] of pairs(raw)) {
    const name = key.toLowerCase();
    if (connectionHeaders.has(name) || listed.has(name) || drop(name)) continue;
    kept.push(key, value);
  }
  return kept;
}

/** How a request's body leaves. `as-it-came` keeps length and coding; `whole` is given anew. */
export type BodyForm = "as-it-came" | "whole";

/**
 * What goes upstream: everything but the connection's own headers and ours (`Longstop-*`). Where
 * the answer will be looked at, it is asked for without a content coding.
 */
export function requestHeaders(raw: readonly string[], body: BodyForm, watched: boolean): string[] {
  const headers = without(
    raw,
    (name) =>
      notForUpstream.has(name) ||
      name.startsWith("longstop-") ||
      (body === "whole" && (name === "content-length" || name === "content-encoding")) ||
      (watched && name === "accept-encoding"),
  );
  if (watched) headers.push("accept-encoding", "identity");
  return headers;
}

/**
 * What of the upstream's headers goes to the client. Not ours: a tool that says `Longstop-Operation`
 * would name the operation beside us, and a client reads both as one value.
 */
export function answerHeaders(raw: readonly string[], body: BodyForm): string[] {
  return without(
    raw,
    (name) =>
      name.startsWith("longstop-") ||
      (body === "whole" && (name === "content-length" || name === "content-encoding")),
  );
}
