/** A piece of so many bytes is kept itself, not copied. */
const ownPieceMin = 2048;
const blockBytesMin = 512;
const blockBytesMax = 4096;

/** Some bytes of an answer: many small pieces that were copied, or one that is there itself. */
interface Block {
  readonly storage: Uint8Array;
  /** Where in the answer it begins. */
  readonly start: number;
  /** How much of the storage is filled. */
  readonly length: number;
  /** True where others are put into the storage once these are let go. */
  readonly isReused: boolean;
}

/**
 * The bytes of an answer so far, for those who come when it has begun. Small pieces are copied into storage
 * that is used again: kept themselves, each would outlive the collector's young generation, and a gateway of
 * slow streams would carry all that passed through it until the next full collection. What each piece needs
 * is in this one object: of thousands of streams none is in the processor's cache, and each object is a wait.
 */
export class Recording {
  /** What nothing is added to any more. */
  #blocks: Block[] = [];
  /** The block behind those, that small pieces are put into. */
  #storage: Uint8Array = nothing;
  #start = 0;
  #length = 0;
  /** Bytes at the beginning that were let go. */
  #forgotten = 0;
  /** Storage that was let go. */
  #spare: Uint8Array | null = null;

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

  /** Nobody may change the bytes afterwards. */
  append(bytes: Uint8Array): void {
    const { byteLength } = bytes;
    if (byteLength === 0) return;
    if (byteLength >= ownPieceMin) return this.adopt(bytes);
    if (this.#storage.byteLength - (this.#length - this.#start) < byteLength) this.#open(byteLength);
    this.#storage.set(bytes, this.#length - this.#start);
    this.#length += byteLength;
  }

  /** Keeps the very bytes, however few they are. */
  adopt(bytes: Uint8Array): void {
    if (bytes.byteLength === 0) return;
    this.#close();
    this.#blocks.push({ storage: bytes, start: this.#length, length: bytes.byteLength, isReused: false });
    this.#length += bytes.byteLength;
    this.#start = this.#length;
  }

  /** Lets go of whole blocks before this place, which nobody asks for any more. Gives how many bytes. */
  forget(before: number): number {
    const forgotten = this.#forgotten;
    const left = this.#blocks.findIndex(({ start, length }) => start + length > before);
    for (const { isReused, storage, length } of this.#blocks.splice(0, left === -1 ? Infinity : left)) {
      if (isReused && storage.byteLength === blockBytesMax) this.#spare = storage;
      this.#forgotten += length;
    }
    if (this.#length <= before) this.#forgotten = this.#start = this.#length;
    return this.#forgotten - forgotten;
  }

  /** Puts back what was let go, all of it. */
  restore(bytes: Uint8Array): void {
    if (bytes.byteLength !== this.#forgotten) throw new Error("not the bytes that were let go");
    if (bytes.byteLength === 0) return;
    this.#blocks.unshift({ storage: bytes, start: 0, length: bytes.byteLength, isReused: false });
    this.#forgotten = 0;
  }

  /** What stands behind this many bytes. What nobody takes is not copied. Throws where it was let go. */
  *from(position: number): Generator<Uint8Array> {
    for (const block of this.#blocksFrom(position)) {
      const view = viewOf(block, position);
      yield block.isReused ? Uint8Array.from(view) : view;
    }
  }

  /** The same in one piece, a copy. */
  bytesFrom(position: number): Buffer {
    return Buffer.concat(this.#blocksFrom(position).map((block) => viewOf(block, position)));
  }

  /** The same, good until they are let go: no copy where they are in one block. */
  viewFrom(position: number): Uint8Array {
    const blocks = this.#blocksFrom(position);
    const [first] = blocks;
    return blocks.length === 1 && first !== undefined ? viewOf(first, position) : this.bytesFrom(position);
  }

  /** All of it in one piece. Throws where a part of it was let go. */
  whole(): Uint8Array {
    this.#mustBeHere();
    const [first] = this.#blocks;
    const isOne = first?.isReused === false && first.length === this.#length;
    return isOne ? first.storage : this.bytesFrom(0);
  }

  /** All of it as text. Throws where a part of it was let go. */
  text(): string {
    this.#mustBeHere();
    return this.bytesFrom(0).toString("utf8");
  }

  /** What is left of an answer must never pass as the whole. */
  #mustBeHere(): void {
    if (this.#forgotten > 0) throw new Error("a part of the answer was let go");
  }

  #blocksFrom(position: number): readonly Block[] {
    if (position < this.#forgotten) this.#mustBeHere();
    if (position >= this.#length) return [];
    const open = this.#openBlock;
    if (open !== null && position >= open.start) return [open];
    const blocks = this.#blocks.slice(this.#blocks.findLastIndex(({ start }) => start <= position));
    return open === null ? blocks : [...blocks, open];
  }

  /** The block that small pieces are put into, where there is something in it. */
  get #openBlock(): Block | null {
    const [start, length] = [this.#start, this.#length - this.#start];
    return length === 0 ? null : { storage: this.#storage, start, length, isReused: true };
  }

  /** Begins a block with room for so many bytes. */
  #open(bytes: number): void {
    const size = this.#storage.byteLength;
    this.#close();
    // Storage that is full but was let go is used again.
    if (this.#storage.byteLength >= bytes) return;
    this.#storage = this.#spare ?? Buffer.allocUnsafeSlow(nextSize(size, bytes));
    this.#spare = null;
  }

  /** Nothing more is put into the block that is open. */
  #close(): void {
    const open = this.#openBlock;
    if (open === null) return;
    this.#blocks.push(open);
    this.#storage = nothing;
    this.#start = this.#length;
  }
}

const nothing = new Uint8Array();

/** What stands in a block behind this place in the answer. */
function viewOf({ storage, start, length }: Block, position: number): Uint8Array {
  const isAll = position <= start && length === storage.byteLength;
  return isAll ? storage : storage.subarray(Math.max(0, position - start), length);
}

/** Twice the one before, so that a short answer takes little and a long one is in few. */
function nextSize(last: number, bytes: number): number {
  const wanted = Math.max(blockBytesMin, bytes, last * 2);
  return Math.min(blockBytesMax, wanted);
}
