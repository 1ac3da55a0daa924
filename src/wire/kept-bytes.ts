interface Kept {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/**
 * Bytes that are made of something and of a text: made on the first turn of a conversation, and found on
 * every later one. They are kept with the thing, for one text at a time.
 */
export class KeptBytes {
  readonly #kept = new WeakMap<object, Kept>();

  /** `make` must be a pure function of `thing`, which never changes, and `text`. */
  of(thing: object, text: string, make: () => Uint8Array): Uint8Array {
    const known = this.#kept.get(thing);
    if (known?.text === text) return known.bytes;
    const bytes = make();
    this.#kept.set(thing, { text, bytes });
    return bytes;
  }
}
