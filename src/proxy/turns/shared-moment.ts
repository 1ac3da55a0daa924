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

/** At most so often all are written that have waited long enough, ms. */
const stepMsMin = 100;
/** Where each waits long, they are written together more seldom: at so many moments in that time. */
const momentsInPace = 20;

/** The step of those who wait for `paceMs` each. */
export function stepFor(paceMs: number): number {
  return Math.min(paceMs, Math.max(stepMsMin, Math.round(paceMs / momentsInPace)));
}
