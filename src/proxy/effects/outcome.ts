import type { EffectTerms } from "./terms.ts";

/**
 * What an upstream's status says about whether the call was executed.
 * `done`: executed. `declined`: refused, so surely not. `in-doubt`: nobody can tell.
 */
export type Outcome = "done" | "declined" | "in-doubt";

/**
 * 2xx and 3xx say that it happened; 410 that it is over for good. 408 and every 5xx say nothing:
 * a proxy may have given up while the service went on. 409 from a service that honours keys may
 * mean that the first dispatch is still running. Every other 4xx is a refusal (RFC 9110 15.5).
 * What the service itself promises not to have executed is a refusal, whatever its status.
 */
export function outcomeOf(status: number, terms: Pick<EffectTerms, "keyed" | "notExecuted">): Outcome {
  if (terms.notExecuted.includes(status)) return "declined";
  if ((status >= 200 && status < 400) || status === 410) return "done";
  if (status === 408 || status >= 500) return "in-doubt";
  if (status === 409 && terms.keyed) return "in-doubt";
  return status >= 400 ? "declined" : "in-doubt";
}
