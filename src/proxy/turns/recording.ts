/** Pieces of at most this many bytes are joined, so that each does not keep a buffer of its own. */
const smallBytesMax = 4096;
/** So many small pieces in a row become one. */
const smallInARow = 32;

/** The bytes of an answer so far, for those who come when it has begun. */
export class Recording {
  #pieces: Uint8Array[] = [];
  /** Where each piece begins. */
  #starts: number[] = [];
  #length = 0;
  /** Bytes at the beginning that were let go. */
  #forgotten = 0;
  /** The small pieces at the end. */
  #small = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Bytes that are still here. */
  get kept(): number {
    return this.#length - this.#forgotten;
  }

  /** Bytes at the beginning that are not here any more. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Keeps the very bytes, not a copy: nobody may change them afterwards. */
  append(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#pieces.push(bytes);
    this.#starts.push(this.#length);
    this.#length += bytes.byteLength;
    this.#small = bytes.byteLength > smallBytesMax ? 0 : this.#small + 1;
    if (this.#small === smallInARow) this.#join();
  }

  /** Lets go of whole pieces before this place, which nobody asks for any more. Gives how many bytes. */
  forget(before: number): number {
    let pieces = 0;
    let end = this.#forgotten;
    for (const { byteLength } of this.#pieces) {
      if (end + byteLength > before) break;
      end += byteLength;
      pieces++;
    }
    const bytes = end - this.#forgotten;
    this.#forgotten = end;
    this.#pieces.splice(0, pieces);
    this.#starts.splice(0, pieces);
    this.#small = Math.min(this.#small, this.#pieces.length);
    return bytes;
  }

  /** Puts back what was let go, all of it. */
  restore(bytes: Uint8Array): void {
    if (bytes.byteLength !== this.#forgotten) throw new Error("not the bytes that were let go");
    if (bytes.byteLength === 0) return;
    this.#pieces.unshift(bytes);
    this.#starts.unshift(0);
    this.#forgotten = 0;
  }

  /** What stands behind this many bytes; they must be here. */
  from(position: number): readonly Uint8Array[] {
    if (position >= this.#length) return [];
    let at = this.#starts.length - 1;
    while ((this.#starts[at] as number) > position) at--;
    const first = this.#pieces[at] as Uint8Array;
    const skipped = position - (this.#starts[at] as number);
    return skipped === 0 ? this.#pieces.slice(at) : [first.subarray(skipped), ...this.#pieces.slice(at + 1)];
  }

  /** All of it in one piece. Throws where a part of it was let go. */
  whole(): Uint8Array {
    this.#allHere();
    const [first] = this.#pieces;
    return first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
  }

  /** All of it as text. Throws where a part of it was let go. */
  text(): string {
    this.#allHere();
    return Buffer.concat(this.#pieces).toString("utf8");
  }

  /** What is left of an answer must never pass as the whole. */
  #allHere(): void {
    if (this.#forgotten > 0) throw new Error("a part of the answer was let go");
  }

  #join(): void {
    const from = this.#pieces.length - smallInARow;
    const small = this.#pieces.splice(from);
    this.#starts.length = from + 1;
    this.#pieces.push(Buffer.concat(small));
    this.#small = 0;
  }
}
