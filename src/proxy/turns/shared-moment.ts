/**
 * How long to wait for the first moment that all wait for who wait in steps of `stepMs`, ms: at least `leastMs`,
 * and less than a step more. What many write at one moment shares a message to the ledger and a commit, and
 * costs a part of what it would cost each by itself.
 */
export function untilSharedMs(nowMs: number, leastMs: number, stepMs: number): number {
  return Math.ceil((nowMs + leastMs) / stepMs) * stepMs - nowMs;
}
