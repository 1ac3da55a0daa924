import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../../exchange/exchange.ts";
import type { TurnIdentity } from "../../protocols/turn-forms.ts";
import { chainNext, sha256Hex } from "../../text/hash.ts";
import type { Route } from "../routes.ts";

/** Headers in which SDKs send what proves who is calling. */
const credentials = ["authorization", "x-api-key", "api-key", "x-goog-api-key"] as const;
/** Headers that make a request for a turn another one: what is answered depends on them. */
const meaningful = [
  "anthropic-version",
  "anthropic-beta",
  "openai-beta",
  "openai-organization",
  "openai-project",
  "x-goog-user-project",
] as const;
/** For who has no other: what is made with it is known to this process alone. */
export const ownAccountKey: Uint8Array = randomBytes(32);

/** Parameters of a query that only say how the answer is written, or who is calling. */
const meaningless = /^(?:key=.*|\$?alt=(?:json|sse)?)$/s;

/** What is part of a turn's key and not of its request. */
export interface TurnSecrets {
  /** Hides the credential of the upstream: what one account was answered is not for another. */
  readonly accountKey: Uint8Array;
  /** Names the posts that judge answers: what others let pass must be judged anew. */
  readonly judgedBy: string;
}

/**
 * What tells one turn from another, as a chain: the last link is the key of a turn. A turn that goes on from
 * another one has that one's key among its links. The first link is before all messages.
 */
export function turnChain(
  { tenant, run }: Caller,
  { target, query }: Route,
  headers: IncomingHttpHeaders,
  { path, parameters, messages }: TurnIdentity,
  { accountKey, judgedBy }: TurnSecrets,
): readonly string[] {
  // A run is never the empty string, so the anonymous run cannot be confused with one.
  const whose = ["longstop turn 1", tenant, run.id ?? "", run.stage ?? "", target.name, judgedBy];
  const where = [path, ...meaningfulQuery(query), accountOf(headers, query, accountKey)];
  const how = meaningful.map((name) => String(headers[name] ?? ""));
  const links = [sha256Hex(...whose, ...where, ...how, ...parameters.flat())];
  for (const message of messages) links.push(chainNext(links.at(-1) as string, sha256Hex(message)));
  return links;
}

const accountKeys = new WeakMap<Uint8Array, Uint8Array>();

/** A key of its own for this use, out of one that each tenant has already (RFC 5869). */
export function accountKeyOf(framingKey: Uint8Array): Uint8Array {
  let key = accountKeys.get(framingKey);
  if (key === undefined) {
    key = new Uint8Array(hkdfSync("sha256", framingKey, new Uint8Array(), "longstop turns: account", 32));
    accountKeys.set(framingKey, key);
  }
  return key;
}

/** The account of an upstream that a request is made with, in a form that hides it. */
export function accountOf(headers: IncomingHttpHeaders, query: string, accountKey: Uint8Array): string {
  const hashing = createHmac("sha256", accountKey);
  for (const name of credentials) hashing.update(`${name}:${String(headers[name] ?? "")}\n`);
  for (const value of new URLSearchParams(query).getAll("key")) hashing.update(`key:${value}\n`);
  return hashing.digest("hex");
}

/** The names and values of a query that matter, in one order. */
function meaningfulQuery(query: string): readonly string[] {
  if (query === "") return [];
  const all = [...new URLSearchParams(query)].filter((pair) => !meaningless.test(pair.join("=")));
  return all.toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))).flat();
}
