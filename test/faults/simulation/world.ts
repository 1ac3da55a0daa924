import type { Clock } from "../../../src/proxy/clock.ts";
import { Random } from "./random.ts";

/** Something that runs and can be lost or stopped. What it was about to do then never happens, or later. */
export class Process {
  readonly name: string;
  alive = true;
  /** Until then it does nothing, ms. */
  stoppedUntilMs = 0;

  constructor(name: string) {
    this.name = name;
  }
}

interface Happening {
  readonly atMs: number;
  /** Decides between what happens at the same time. */
  readonly lot: number;
  readonly order: number;
  readonly process: Process | null;
  readonly what: () => void;
}

/** Lets every promise that can go on go on: what is simulated uses no timers and no files of its own. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time, chance and the order of things. One seed gives one history. */
export class World {
  readonly random: Random;
  /** What happened, a line each. */
  readonly trace: string[] = [];
  /** How often what happened: a search that meets no crash proves nothing about crashes. */
  readonly counts = new Map<string, number>();
  readonly violations: string[] = [];
  nowMs = 1_000_000;
  /** Once false, nothing goes wrong any more: whatever was begun must come to its end. */
  faulty = true;
  readonly #beginMs = this.nowMs;
  #happenings: Happening[] = [];
  #orders = 0;
  #ids = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  newId = (): string => `id-${(this.#ids += 1)}`;

  /** `what` happens after `ms`, if `process` is still there then. */
  after(ms: number, process: Process | null, what: () => void): void {
    const lot = this.random.next();
    this.#put({ atMs: this.nowMs + Math.ceil(ms), lot, order: (this.#orders += 1), process, what });
  }

  /** The clock of one process: a process that is gone is never called again. */
  clockOf(process: Process): Clock {
    return {
      now: () => this.nowMs,
      sleep: (ms) => new Promise((resolve) => this.after(ms, process, resolve)),
      turn: () => new Promise((resolve) => this.after(0, process, resolve)),
      every: (ms, what) => {
        let stopped = false;
        const again = (): void => {
          if (stopped) return;
          what();
          this.after(ms, process, again);
        };
        this.after(ms, process, again);
        return () => (stopped = true);
      },
    };
  }

  say(who: string, sentence: string): void {
    this.trace.push(`${String(this.nowMs - this.#beginMs).padStart(7)} ms  ${who.padEnd(8)} ${sentence}`);
  }

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  violated(sentence: string): void {
    if (this.violations.includes(sentence)) return;
    this.violations.push(sentence);
    this.say("BROKEN", sentence);
  }

  /** Lets things happen until `done`, until nothing is left, or until so much time has gone by. */
  async run(untilMs: number, done: () => boolean): Promise<void> {
    await settle();
    while (!done() && this.#happenings.length > 0) {
      const next = this.#take();
      if (next.atMs > this.#beginMs + untilMs) return this.#put(next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      const { process } = next;
      if (process !== null && !process.alive) continue;
      if (process !== null && process.stoppedUntilMs > this.nowMs) {
        // What waits for a stopped process meets it in the order in which it came.
        this.#put({ ...next, atMs: process.stoppedUntilMs, lot: -1, order: (this.#orders += 1) });
        continue;
      }
      next.what();
      await settle();
    }
  }

  // A binary heap: a seed has thousands of happenings, and sorting them anew each time is what would be slow.
  #put(one: Happening): void {
    const heap = this.#happenings;
    let at = heap.push(one) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(one, heap[above] as Happening)) break;
      heap[at] = heap[above] as Happening;
      at = above;
    }
    heap[at] = one;
  }

  #take(): Happening {
    const heap = this.#happenings;
    const first = heap[0] as Happening;
    const last = heap.pop() as Happening;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1] as Happening, heap[below] as Happening))
        below += 1;
      if (!isBefore(heap[below] as Happening, last)) break;
      heap[at] = heap[below] as Happening;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(one: Happening, other: Happening): boolean {
  if (one.atMs !== other.atMs) return one.atMs < other.atMs;
  return one.lot === other.lot ? one.order < other.order : one.lot < other.lot;
}
