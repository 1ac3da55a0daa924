import { setImmediate, setTimeout as sleep } from "node:timers/promises";

/** Time as effects see it. It is passed in, so that a test lets an hour go by in no time. */
export interface Clock {
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** Resolves after `ms`. Does not keep the process alive. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Resolves once everything that is ready now has run. */
  readonly turn: () => Promise<void>;
  /** Calls `what` every `ms` until the function that it gives is called. */
  readonly every: (ms: number, what: () => void) => () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
  turn: () => setImmediate(),
  every(ms, what) {
    const timer = setInterval(what, ms);
    return () => clearInterval(timer);
  },
};

/** Time and chance as they are. `random` gives numbers from 0 to below 1. */
export const systemChance = { clock: systemClock, random: Math.random } as const;

/** Calls `what` after `ms`, unless what it gives is called before. Does not keep the process alive. */
export function later(clock: Pick<Clock, "sleep">, ms: number, what: () => void): () => void {
  // What is called off is let go at once, with all that it holds.
  let left: (() => void) | null = what;
  void clock.sleep(ms).then(() => left?.());
  return () => {
    left = null;
  };
}
