/** Bytes that both threads see. What does not fit, because too much is under way, goes in another way. */
const sharedBytesMax = 4 * 1024 * 1024;

export function makeSharedBytes(): SharedArrayBuffer {
  return new SharedArrayBuffer(sharedBytesMax);
}

/** A part that is taken. */
interface Part {
  /** Where it ends, counted in bytes since the beginning, what was left out at the end of the memory too. */
  readonly end: number;
  isFree: boolean;
}

/**
 * Places in memory that two threads share, given to who writes there and taken back once the other thread has
 * read: a ring. Bytes that change threads in messages are copied, or leave a buffer, on both sides each time,
 * and the other thread makes too little garbage to collect them soon.
 */
export class SharedBytes {
  readonly #memory: Uint8Array<SharedArrayBuffer>;
  /** By owner, in the order in which they were taken. */
  readonly #parts = new Map<number, Part>();
  #begin = 0;
  #end = 0;

  constructor(memory: SharedArrayBuffer) {
    this.#memory = new Uint8Array(memory);
  }

  /** A place for so many bytes, nobody else's until its owner, who has no other, lets go of it; or null. */
  take(owner: number, length: number): Uint8Array<SharedArrayBuffer> | null {
    const size = this.#memory.byteLength;
    // What was used last is still in the processor's cache.
    if (this.#parts.size === 0) this.#begin = this.#end = 0;
    const at = this.#end % size;
    const skipped = at + length > size ? size - at : 0;
    const end = this.#end + skipped + length;
    if (end - this.#begin > size) return null;
    this.#parts.set(owner, { end, isFree: false });
    this.#end = end;
    const place = (at + skipped) % size;
    return this.#memory.subarray(place, place + length);
  }

  /** Lets go of what it owns, if anything. It can be taken again once all that was taken before is free. */
  release(owner: number): void {
    const released = this.#parts.get(owner);
    if (released === undefined) return;
    released.isFree = true;
    for (const [taker, { end, isFree }] of this.#parts) {
      if (!isFree) return;
      this.#begin = end;
      this.#parts.delete(taker);
    }
  }
}
