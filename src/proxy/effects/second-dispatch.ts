import { hash } from "node:crypto";
import type { Redispatch } from "../../ledger/ledger.ts";
import type { EffectTerms } from "./terms.ts";

/** How long before the end of a key's retention a second dispatch is not begun any more, ms. */
const marginMs = 60_000;

/**
 * When a call in doubt may be dispatched a second time, because that cannot have a second effect;
 * null: never. A service that honours the key still knows it, and is sent the bytes that it knows it
 * with; one whose calls are idempotent may be called at any time.
 */
export function redispatchOf(terms: EffectTerms): Redispatch | null {
  if (terms.idempotent) return { withinMs: null, sameBytes: false };
  if (terms.keyRetentionMs === null) return null;
  return { withinMs: Math.max(0, terms.keyRetentionMs - marginMs), sameBytes: true };
}

/** After which refusals the next dispatch has another key: 402 is stored where nothing else is. */
export function newKeyAfter(terms: EffectTerms): readonly number[] | "any" {
  return terms.storesErrors ? "any" : [402];
}

/**
 * A hash over what a service may compare under one key: the target as it is written, the type of
 * the body, and its bytes.
 */
export function sentHash(target: string, contentType: string | undefined, body: Uint8Array): string {
  const head = Buffer.from(`${JSON.stringify([target, contentType ?? null])}\n`);
  return hash("sha256", Buffer.concat([head, body]), "hex");
}
