/** Who is told of what happens to a turn's answer. None of these may throw. */
export interface TurnWatcher {
  /** There is more to read, or the answer has ended. `piece`: the very bytes that came, the last so far. */
  more(piece?: Uint8Array): void;
  /** True while it cannot take more. */
  readonly isFull: boolean;
  /** How many bytes it has: what is before them, it does not ask for again. */
  readonly position: number;
  /** The work on the answer failed: what came is not the whole, and no more comes. */
  failed(thrown: unknown): void;
  /** Something for who reads at this moment. */
  keepAlive(comment: Uint8Array): void;
  /** Resolves once it has read all, or is gone. */
  readonly done: Promise<unknown>;
}

/** Who writes an answer down. */
export interface Recorder {
  more(): void;
  /** Bytes that need not be kept for it. */
  readonly position: number;
  /** True where those can be read back. */
  readonly isReadable: boolean;
  /** So many bytes from the beginning, as they were written; null: they cannot be read. Never rejects. */
  readBack(bytes: number): Promise<Uint8Array | null>;
  /** What a part of the answer is found by; null where none is written. */
  readonly partial: string | null;
  /** Resolves once all that there is by now is written, or cannot be. */
  written(): Promise<void>;
}
