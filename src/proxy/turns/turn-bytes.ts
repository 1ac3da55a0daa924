import { Recording } from "./recording.ts";
import type { Recorder } from "./turn-watchers.ts";

/** Bytes at the end that stay here although they are written down, for who comes soon. */
const writtenKeptMax = 8 * 1024;

/** The bytes of an answer, as far as they are kept here. */
export class TurnBytes extends Recording {
  readonly #grew: (bytes: number) => void;
  #isKept = true;
  #isCounted = true;
  /** True once somebody came for it who must have it from its beginning. */
  #isWanted = false;
  #fetching: Promise<boolean> | null = null;

  /** `grew` hears of bytes that are kept, and of those that are let go. */
  constructor(grew: (bytes: number) => void) {
    super();
    this.#grew = grew;
  }

  /** False once what everybody has is let go: nobody can read it from its beginning any more. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** False where its beginning is in the ledger alone. */
  get isHere(): boolean {
    return this.forgotten === 0;
  }

  override append(bytes: Uint8Array): void {
    super.append(bytes);
    this.#count(bytes.byteLength);
  }

  /** The last bytes of all, kept themselves. */
  appendLast(bytes: Uint8Array): void {
    this.adopt(bytes);
    this.#count(bytes.byteLength);
  }

  /** From now on nobody hears how many are kept: none of them count. */
  uncount(): void {
    this.#count(-this.kept);
    this.#isCounted = false;
  }

  letGo(): void {
    this.#isKept = false;
  }

  /**
   * True where there are more than need be here of an answer that can be read back. Once its beginning is
   * not, whoever comes has to have it read back anyway.
   */
  get areMany(): boolean {
    return (this.kept > writtenKeptMax || !this.isHere) && !this.#isWanted;
  }

  override forget(before: number): number {
    const bytes = super.forget(before);
    if (bytes > 0) this.#count(-bytes);
    return bytes;
  }

  /** Has all of it here, now and from now on. False where it cannot be read any more: it is let go then. */
  fetchBack(from: Recorder | null): Promise<boolean> {
    this.#isWanted = true;
    if (this.isHere) return Promise.resolve(true);
    this.#fetching ??= this.#fetch(from);
    return this.#fetching;
  }

  async #fetch(from: Recorder | null): Promise<boolean> {
    const bytes = (await from?.readBack(this.forgotten)) ?? null;
    // It may be let go later on, and fetched for somebody else.
    this.#fetching = null;
    if (bytes === null) this.letGo();
    if (bytes === null || !this.#isKept) return false;
    this.restore(bytes);
    this.#count(bytes.byteLength);
    return true;
  }

  #count(bytes: number): void {
    if (this.#isCounted) this.#grew(bytes);
  }
}
