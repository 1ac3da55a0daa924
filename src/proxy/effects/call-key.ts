import { LongstopError } from "../../exchange/error.ts";
import type { KeyLimits } from "../../exchange/keyed-service.ts";
import type { ClaimRecord } from "../../ledger/ledger.ts";
import { sha256Hex } from "../../text/hash.ts";
import type { ToolTarget } from "../settings.ts";
import { requestHeaders } from "../upstream-headers.ts";
import { fitsLimits, fittingKey } from "./injection/fitting-key.ts";
import { keySlot } from "./injection/key-slot.ts";
import type { KeyedRequest, Slot } from "./injection/slot.ts";
import { clientKeyOf, sentKey, sharesAccount } from "./operation-key.ts";
import { sentHash } from "./second-dispatch.ts";
import type { EffectTerms } from "./terms.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** Where a tool of which nothing is known gets its key. */
const usualHeader = "Idempotency-Key";

/** The headers that carry a key of a call, in lower case. */
export function keyHeaders({ idempotencyHeader }: ToolTarget, { service }: EffectTerms): readonly string[] {
  const place = service?.key;
  const names = [idempotencyHeader ?? usualHeader, ...(place?.in === "header" ? [place.name] : [])];
  return names.map((name) => name.toLowerCase());
}

/** Longest key that is taken from another place than a header, in characters. */
const placedKeyLengthMax = 1024;

/** The idempotency key of one call: the client's own, and how one travels to the tool. */
export class CallKey {
  /** The client's own key, from the service's place or from the header, or null. */
  readonly clientKey: string | null;
  /** The name of the place, for people. */
  readonly place: string;
  /** What holds for the call, now that it is known whether a key can be put where it belongs. */
  readonly terms: EffectTerms;
  /** A hash over what a service may compare under one key: equal for calls that differ in the key alone. */
  readonly sent: string;
  /** False where no key can be put in, or one that the service does not take: it can tell of none, then. */
  readonly isKnownByKey: boolean;
  readonly #isShared: boolean;
  readonly #request: KeyedRequest;
  readonly #slot: Slot;

  /** Throws `request_malformed` where the client's own key cannot be one. */
  constructor(exchange: ToolExchange, body: Uint8Array) {
    const { engine, inbound, route, tool, terms } = exchange;
    const { incoming } = inbound;
    this.#isShared = sharesAccount(exchange);
    const header = tool.idempotencyHeader ?? usualHeader;
    const place = terms.service?.key ?? { in: "header", name: header };
    // Before the key is put in: a client that lists its header in Connection must not take it out again.
    const headers = requestHeaders(incoming.rawHeaders, "whole", true);
    this.#request = { headers, path: route.path + route.query, body };
    this.#slot = keySlot(place, this.#request);
    const isHeader = place.in === "header";
    this.place = isHeader ? place.name : "idempotency key";
    const placed = isHeader ? clientKeyOf(incoming.headers, place.name) : placedKey(this.#slot);
    this.clientKey = placed ?? fitting(clientKeyOf(incoming.headers, header), terms);
    const leaving = this.#with("any key");
    // With its place: where that has changed since, the service does not know the key that it is sent.
    // With all that the key is derived by: after a change of these another one would leave.
    const derived = [place, limitsOf(terms), this.#isShared];
    const target = JSON.stringify([this.#slot.kind, derived, leaving.path]);
    this.sent = sentHash(target, incoming.headers["content-type"], leaving.body);
    const unknown = this.#unknownWhy(placed, terms);
    this.isKnownByKey = unknown === null;
    const why = terms.keyed ? unknown : null;
    this.terms = why === null ? terms : { ...terms, keyed: false, keyRetentionMs: null };
    if (why !== null && terms.service !== undefined) {
      engine.report(tool.name, `A call was sent without the key that ${terms.service.name} takes: ${why}.`);
    }
  }

  /** What makes the call this operation and no other: its query and its body without the client's key. */
  identity(): { readonly query: string; readonly body: Uint8Array } {
    const { path, body } = this.#slot.kind === "open" ? this.#slot.without() : this.#request;
    const mark = path.indexOf("?");
    return { query: mark < 0 ? "" : path.slice(mark), body };
  }

  /** The request as it leaves, with the key of its operation in its place where that is possible. */
  requestFor(record: ClaimRecord): KeyedRequest {
    return this.#with(sentKey(record, this.terms.service?.limits, this.#isShared));
  }

  #with(key: string): KeyedRequest {
    return this.#slot.kind === "open" ? this.#slot.with(key) : this.#request;
  }

  /** Why the service will not know the call again by its key; null where it will. */
  #unknownWhy(placed: string | null, { service }: EffectTerms): string | null {
    if (this.#slot.kind === "closed") return this.#slot.why;
    if (placed === null || service === undefined || fitsLimits(placed, service.limits)) return null;
    return "the client's own key does not fit its limits";
  }
}

function limitsOf({ service }: EffectTerms): KeyLimits {
  return service?.limits ?? {};
}

/** A key that the client said in the header, in a form that the service takes: always the same one. */
function fitting(key: string | null, terms: EffectTerms): string | null {
  if (key === null || fitsLimits(key, limitsOf(terms))) return key;
  return fittingKey(sha256Hex("longstop client key 1", key), limitsOf(terms));
}

function placedKey(slot: Slot): string | null {
  if (slot.kind === "closed" || slot.key === null) return null;
  if (slot.key.length <= placedKeyLengthMax && slot.key.isWellFormed() && !slot.key.includes("\0"))
    return slot.key;
  throw new LongstopError(
    "request_malformed",
    `The idempotency key must be well-formed text without NUL, of at most ${placedKeyLengthMax} characters.`,
  );
}
