import type { IncomingHttpHeaders } from "node:http";
import { LongstopError } from "../../exchange/error.ts";
import type { Caller } from "../../exchange/exchange.ts";
import type { KeyLimits } from "../../exchange/keyed-service.ts";
import { sha256Hex } from "../../text/hash.ts";
import type { ClaimRecord } from "../../ledger/ledger.ts";
import type { Route } from "../routes.ts";
import type { ToolExchange } from "./tool-exchange.ts";
import { argumentPieces } from "./argument-pieces.ts";
import { queryKey } from "./form-fields.ts";
import { fittingKey } from "./injection/fitting-key.ts";
import type { EffectTerms } from "./terms.ts";

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
 * The identity of a call: tenant, run, stage, target and arguments. JSON and form bodies count in
 * canonical form, so that order and spelling do not make another operation, and multipart bodies
 * without their boundary; everything that has no safe canonical form counts as its bytes.
 */
export function operationKey(
  caller: Caller,
  route: Route,
  method: string,
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  terms: Pick<EffectTerms, "key" | "preconditions">,
): OperationKey {
  const { target } = route;
  const where = `${method} ${target.origin}${target.basePath}${route.path}`;
  const payload = [
    where,
    queryKey(route.query, terms.key),
    ...preconditions.map((name) => headers[name] ?? ""),
    ...declaredPreconditions(headers, terms.preconditions),
    ...argumentPieces(headers["content-type"], body, terms.key),
  ];
  const { run } = caller;
  // A run is never the empty string, so the anonymous run cannot be confused with one.
  const whose = ["longstop effect 1", caller.tenant, run.id ?? "", run.stage ?? "", "tool", target.name];
  return { key: sha256Hex(...whose, ...payload), fingerprint: sha256Hex("fingerprint", ...payload) };
}

/** Headers of which the configuration says that they make the same request another one. */
function declaredPreconditions(headers: IncomingHttpHeaders, names: readonly string[]): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].toSorted().flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [`header ${name}`, Array.isArray(value) ? value.join("\n") : value];
  });
}

/** The base key of calls that differ by a client key which proves that they are different operations. */
export function setApart(key: string, clientKey: string): string {
  return sha256Hex("longstop effect by client key 1", key, clientKey);
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
export function upstreamKey(tenant: string, recordId: string, fresh: number, limits: KeyLimits = {}): string {
  return fittingKey(sha256Hex("longstop upstream key 1", tenant, recordId, String(fresh)), limits);
}

/**
 * The key that an operation goes upstream with: the client's of its first dispatch, or a derived one.
 * `isShared`: several tenants use one account of the service, which knows keys by account alone: the
 * key that two of them chose would give one the answer of the other.
 */
export function sentKey(
  { tenant, id, clientKey, keyEpoch }: ClaimRecord,
  limits: KeyLimits | undefined,
  isShared: boolean,
): string {
  if (clientKey === null) return upstreamKey(tenant, id, keyEpoch - 1, limits);
  return isShared
    ? fittingKey(sha256Hex("longstop tenant key 1", tenant, clientKey), limits ?? {})
    : clientKey;
}

/** True where tenants reach the tool under the gateway's own credential, and so under one account. */
export function sharesAccount({ engine, tool }: ToolExchange): boolean {
  return engine.tenancy !== null && tool.credential !== undefined;
}
