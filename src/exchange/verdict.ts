import type { ErrorCode } from "./error.ts";
import type { NewFact } from "./fact.ts";

/**
 * What a guard decides about a subject. A verdict is data: the engine carries it out in the mode of
 * the guard's post, and can log, test and replay it.
 *
 * - `pass`: nothing to object to.
 * - `rewrite`: go on with `to` in the subject's place.
 * - `answer`: this call has its result already; do not dispatch it.
 * - `confirm`: hold for a human. `toModel` is what the model is told meanwhile.
 * - `block`: not allowed. `toModel` is the precise text that lets the model correct itself. `code` is
 *   what the caller is told where a prompt is blocked; `prompt_refused` where the guard says nothing.
 *
 * `To` is what a rewrite puts in the subject's place; it differs by moment (see `moments.ts`).
 */
export type Verdict<To> = (
  | { readonly kind: "pass" }
  | { readonly kind: "rewrite"; readonly to: To; readonly reason: string }
  | { readonly kind: "answer"; readonly result: string; readonly reason: string }
  | { readonly kind: "confirm"; readonly question: string; readonly toModel: string }
  | {
      readonly kind: "block";
      readonly reason: string;
      readonly toModel: string;
      readonly policy?: boolean;
      readonly code?: ErrorCode;
    }
) & {
  /** What the guard observed. The engine writes these to the ledger before their first use. */
  readonly facts?: readonly NewFact[];
};

/** The verdict of a guard with nothing to object to. */
export const pass: { readonly kind: "pass" } = { kind: "pass" };

/** What a post, or an engine step, does with its verdicts. `report` records and lets pass. */
export type Mode = "off" | "report" | "enforce";

/** What happens when a guard fails in enforce mode. In report mode a failure always passes. */
export type OnError = "block" | "pass";
