/**
 * As many at a time as there are connections, the others in order. The pool has a queue of its own, but
 * bounds it only by a time that also bounds connecting: a burst would then fail as if nobody answered.
 */
export class Slots {
  readonly #slots: number;
  #free: number;
  #whenIdle: (() => void) | null = null;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];

  constructor(slots: number, waitingMax: number) {
    this.#slots = slots;
    this.#free = slots;
    this.#waitingMax = waitingMax;
  }

  /** True where so many wait that one more must be turned away. */
  get isFull(): boolean {
    return this.#free === 0 && this.#waiting.length >= this.#waitingMax;
  }

  async with<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free -= 1;
    try {
      return await work();
    } finally {
      // Whoever waited longest gets the slot itself, so that nobody who comes now can be faster.
      const next = this.#waiting.shift();
      if (next !== undefined) next();
      else if ((this.#free += 1) === this.#slots) this.#whenIdle?.();
    }
  }

  /** Resolves when nobody is at work, nor waits to be. */
  async idle(): Promise<void> {
    if (this.#free < this.#slots) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }
}
