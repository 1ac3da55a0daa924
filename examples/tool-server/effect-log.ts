import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

/** Something that happened in the world, once. */
export interface Effect {
  readonly sequence: number;
  readonly method: string;
  readonly path: string;
  readonly bodyHash: string;
  readonly body: string;
  /** The caller's name for what it wants done: `op` in the body, or `x-operation`. */
  readonly operation: string | null;
  readonly idempotencyKey: string | null;
  readonly atMs: number;
}

/** What really happened: on the disk before anybody hears of it, so that it survives a kill. */
export class EffectLog {
  readonly effects: Effect[] = [];
  readonly #file: number | undefined;

  constructor(file: string | undefined) {
    if (file !== undefined) this.#file = openSync(file, "a", 0o600);
  }

  append(effect: Omit<Effect, "sequence" | "bodyHash" | "atMs">): Effect {
    const written: Effect = {
      sequence: this.effects.length + 1,
      bodyHash: createHash("sha256").update(effect.body).digest("hex"),
      atMs: Date.now(),
      ...effect,
    };
    if (this.#file !== undefined) {
      writeSync(this.#file, `${JSON.stringify(written)}\n`);
      fsyncSync(this.#file);
    }
    this.effects.push(written);
    return written;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}
