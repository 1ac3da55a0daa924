/**
 * What becomes of a header. Headers that belong to one connection (RFC 9110 7.6.1) never travel on;
 * `expect` is answered by this server, and `host` is the upstream's own.
 */
type Fate = "connection" | "hop" | "host" | "framing" | "coding";

const fates = new Map<string, Fate>([
  ["connection", "connection"],
  ["keep-alive", "hop"],
  ["proxy-connection", "hop"],
  ["proxy-authenticate", "hop"],
  ["proxy-authorization", "hop"],
  ["te", "hop"],
  ["trailer", "hop"],
  ["transfer-encoding", "hop"],
  ["upgrade", "hop"],
  ["http2-settings", "hop"],
  ["host", "host"],
  ["expect", "host"],
  ["content-length", "framing"],
  ["content-encoding", "framing"],
  ["accept-encoding", "coding"],
]);

/** A header's name as somebody wrote it, and what becomes of it. */
interface Named {
  readonly name: string;
  readonly fate: Fate | undefined;
  readonly isOurs: boolean;
}

/** Spellings that were seen: clients and upstreams use the same few again and again. */
const seen = new Map<string, Named>();
const seenMax = 1000;

function named(key: string): Named {
  const known = seen.get(key);
  if (known !== undefined) return known;
  const name = key.toLowerCase();
  const made = { name, fate: fates.get(name), isOurs: name.startsWith("longstop-") };
  if (seen.size < seenMax && key.length <= 64) seen.set(key, made);
  return made;
}

/** True for the name of a header that is between a client and this gateway. */
export function isOwnHeader(key: string): boolean {
  return named(key).isOurs;
}

/** Values of `connection` that name no further header. */
const plainConnection = new Set(["keep-alive", "close", "Keep-Alive", "Close"]);

/** Pairs of a raw header list, as they stood on the wire. */
export function* pairs(raw: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) yield [raw[i] as string, raw[i + 1] as string];
}

/** The first value of a header in a raw list, or undefined. `name` is lower case. */
export function headerOf(raw: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const key = raw[i] as string;
    if (key.length === name.length && key.toLowerCase() === name) return raw[i + 1];
  }
  return undefined;
}

/** What `Connection` lists; the header may stand more than once (RFC 9110 5.3). */
function listedInConnection(raw: readonly string[]): ReadonlySet<string> | null {
  let listed: Set<string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const key = raw[i] as string;
    if (key.length !== 10 || key.toLowerCase() !== "connection") continue;
    const value = raw[i + 1] as string;
    if (plainConnection.has(value)) continue;
    listed ??= new Set();
    for (const name of value.split(",")) listed.add(name.trim().toLowerCase());
  }
  return listed;
}

/** A raw list without the headers of its connection, ours, and those whose fate is in `drop`. */
function without(raw: readonly string[], drop: readonly Fate[]): string[] {
  const listed = listedInConnection(raw);
  const kept: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const key = raw[i] as string;
    const { name, fate, isOurs } = named(key);
    if (fate === "connection" || fate === "hop" || isOurs) continue;
    if (fate !== undefined && drop.includes(fate)) continue;
    if (listed !== null && listed.has(name)) continue;
    kept.push(key, raw[i + 1] as string);
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
  const drop: Fate[] = ["host"];
  if (body === "whole") drop.push("framing");
  if (watched) drop.push("coding");
  const headers = without(raw, drop);
  if (watched) headers.push("accept-encoding", "identity");
  return headers;
}

const framing: readonly Fate[] = ["framing"];
const nothing: readonly Fate[] = [];

/**
 * What of the upstream's headers goes to the client. Not ours: a tool that says `Longstop-Operation`
 * would name the operation beside us, and a client reads both as one value.
 */
export function answerHeaders(raw: readonly string[], body: BodyForm): string[] {
  return without(raw, body === "whole" ? framing : nothing);
}
