import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import { LongstopError } from "../../exchange/error.ts";
import type { Caller } from "../../exchange/exchange.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { sha256Hex, v4Shaped } from "../../text/hash.ts";
import type { Route } from "../routes.ts";

/** What tells one operation from another. */
export interface OperationKey {
  /** Equal for equal calls of one run (or of the anonymous run): the base key of a record. */
  readonly key: string;
  /** Equal for equal payloads, whoever sends them: what an explicit client key is held against. */
  readonly fingerprint: string;
}

/** Headers that make the same request another one (RFC 9110 13.1): they belong to the key. */
const preconditions = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] as const;

/**
 * The identity of a call: tenant, run, stage, target and arguments. JSON bodies count in canonical
 * form, so that key order and white space do not make another operation; everything that has no
 * safe canonical form counts as its bytes.
 */
export function operationKey(
  caller: Caller,
  route: Route,
  method: string,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
): OperationKey {
  const { target } = route;
  const where = `${method} ${target.origin}${target.basePath}${route.path}`;
  const payload = [
    where,
    sortedQuery(route.query),
    ...preconditions.map((name) => headers[name] ?? ""),
    ...argumentPieces(headers["content-type"], body),
  ];
  const { run } = caller;
  // A run is never the empty string, so the anonymous run cannot be confused with one.
  const whose = ["longstop effect 1", caller.tenant, run.id ?? "", run.stage ?? "", "tool", target.name];
  return { key: sha256Hex(...whose, ...payload), fingerprint: sha256Hex("fingerprint", ...payload) };
}

function argumentPieces(contentType: string | undefined, body: Uint8Array): readonly (string | Uint8Array)[] {
  if (body.byteLength === 0) return ["none"];
  const type = (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  const mayBeJson = type === "application/json" || type.endsWith("+json") || type === "";
  // Decoded, all bytes that are no UTF-8 would be one character, and two operations would be one.
  if (mayBeJson && isUtf8(body)) {
    const canonical = canonicalJson(Buffer.from(body).toString("utf8"));
    if (canonical !== null) return ["json", canonical];
  }
  return ["bytes", type, body];
}

/** Query parameters in one order; the order of equal names is kept, because it may matter. */
function sortedQuery(query: string): string {
  const pairs = query.replace(/^\?/, "").split("&");
  return pairs
    .map((pair, i) => ({ pair, name: pair.split("=")[0] ?? "", i }))
    .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.i - b.i))
    .map(({ pair }) => pair)
    .join("&");
}

/** Longest idempotency key that is taken from a client, in characters. */
const clientKeyLengthMax = 255;

/**
 * The client's own idempotency key, bare or as the quoted string of the IETF draft
 * (draft-ietf-httpapi-idempotency-key-header), or null.
 */
export function clientKeyOf(headers: IncomingHttpHeaders, header: string): string | null {
  const value = headers[header.toLowerCase()];
  if (value === undefined || value === "") return null;
  const written = Array.isArray(value) ? value.join(", ") : value;
  const key = /^"(?:[^"\\]|\\["\\])*"$/.test(written)
    ? written.slice(1, -1).replaceAll(/\\(["\\])/g, "$1")
    : written;
  if (key.length === 0 || key.length > clientKeyLengthMax || !/^[\x20-\x7e]+$/.test(key)) {
    throw new LongstopError(
      "request_malformed",
      `The header ${header} must be 1 to ${clientKeyLengthMax} visible ASCII characters.`,
    );
  }
  return key;
}

/**
 * The key that goes upstream where the client gave none: derived from the record, so that it is the
 * same for every dispatch of one operation and after a restart. `fresh` distinguishes dispatches
 * after an answer that a service may have stored under the old key.
 */
export function upstreamKey(tenant: string, recordId: string, fresh: number): string {
  return v4Shaped(sha256Hex("longstop upstream key 1", tenant, recordId, String(fresh)));
}
