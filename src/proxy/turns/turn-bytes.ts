import { Recording } from "./recording.ts";
import type { Recorder } from "./turn-watchers.ts";

/** Bytes at the end that stay here although they are written down, for who comes soon. */
const writtenKeptMax = 8 * 1024;

/** The bytes of an answer, as far as they are kept here. */
export class TurnBytes {
  readonly recording = new Recording();
  readonly #grew: (bytes: number) => void;
  #isKept = true;
  /** True once somebody came for it who must have it from its beginning. */
  #isWanted = false;
  #fetching: Promise<boolean> | null = null;

  /** `grew` hears of bytes that are kept, and of those that are let go. */
  constructor(grew: (bytes: number) => void) {
    this.#grew = grew;
  }

  /** False once what everybody has is let go: nobody can read it from its beginning any more. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** False where its beginning is in the ledger alone. */
  get isHere(): boolean {
    return this.recording.forgotten === 0;
  }

  append(bytes: Uint8Array): void {
    this.recording.append(bytes);
    this.#grew(bytes.byteLength);
  }

  /** The last bytes of all, kept themselves. */
  appendLast(bytes: Uint8Array): void {
    this.recording.adopt(bytes);
    this.#grew(bytes.byteLength);
  }

  letGo(): void {
    this.#isKept = false;
  }

  /** True where there are more than need be here of an answer that can be read back. */
  get areMany(): boolean {
    return this.recording.kept > writtenKeptMax && !this.#isWanted;
  }

  /** Lets go of what is before this place. */
  forget(before: number): void {
    const bytes = this.recording.forget(before);
    if (bytes > 0) this.#grew(-bytes);
  }

  /** Has all of it here, now and from now on. False where it cannot be read any more: it is let go then. */
  fetchBack(from: Recorder | null): Promise<boolean> {
    this.#isWanted = true;
    if (this.isHere) return Promise.resolve(true);
    this.#fetching ??= this.#fetch(from);
    return this.#fetching;
  }

  async #fetch(from: Recorder | null): Promise<boolean> {
    const bytes = (await from?.readBack(this.recording.forgotten)) ?? null;
    // It may be let go later on, and fetched for somebody else.
    this.#fetching = null;
    if (bytes === null) this.letGo();
    if (bytes === null || !this.#isKept) return false;
    this.recording.restore(bytes);
    this.#grew(bytes.byteLength);
    return true;
  }
}
