/** How long waiting work may take of one turn of the event loop, ms; the piece that passes it is the last. */
const sliceMs = 1;

/** What does work soon, as the event loop has room for it. */
export function inSlices(): (work: () => void) => void {
  const slices = new Slices();
  return (work) => slices.add(work);
}

/**
 * Does waiting work in the order in which it came, a slice of it in each turn of the event loop. Requests and
 * answers of the ledger come many at once, and would otherwise be dealt with one after the other while an
 * event of a stream, a timer and everything else waits.
 */
export class Slices {
  readonly #waiting: (() => void)[] = [];

  /** Does `work` soon, never before this returns. What it throws nobody catches; the rest is done even so. */
  add(work: () => void): void {
    if (this.#waiting.push(work) === 1) setImmediate(this.#slice);
  }

  readonly #slice = (): void => {
    const untilMs = performance.now() + sliceMs;
    try {
      do this.#doNext();
      while (this.#waiting.length > 0 && performance.now() < untilMs);
    } finally {
      if (this.#waiting.length > 0) setImmediate(this.#slice);
    }
  };

  #doNext(): void {
    try {
      this.#waiting[0]?.();
    } finally {
      // It leaves only when it is done: what it adds must not begin a second slice beside this one.
      this.#waiting.shift();
    }
  }
}
