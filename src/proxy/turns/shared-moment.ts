/**
 * The first moment at `leastMs` or after it that all wait for who wait in steps of `stepMs`, ms. What many
 * write at one moment shares a message to the ledger and a commit, and costs a part of what it would cost
 * each by itself.
 */
export function sharedMoment(leastMs: number, stepMs: number): number {
  return Math.ceil(leastMs / stepMs) * stepMs;
}

/** The shared moment that a timer meant which goes off now: a little late, or early. */
export function momentMeant(nowMs: number, stepMs: number): number {
  return Math.round(nowMs / stepMs) * stepMs;
}
