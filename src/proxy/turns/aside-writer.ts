import { blobBytesMax } from "../../ledger/ledger.ts";
import type { Aside } from "./aside.ts";
import type { AsidePlace } from "./turn-pieces.ts";
import type { TurnOutput } from "./turn-output.ts";

/** Writes down what came of a turn and was not shown, round by round. */
export class AsideWriter {
  readonly #output: Pick<TurnOutput, "aside">;
  readonly #put: (bytes: Uint8Array, place: AsidePlace) => Promise<unknown>;
  #round = 0;
  #pieces = 0;
  #position = 0;
  #hasReleased = false;

  constructor(
    output: Pick<TurnOutput, "aside">,
    put: (bytes: Uint8Array, place: AsidePlace) => Promise<unknown>,
  ) {
    this.#output = output;
    this.#put = put;
  }

  /** True where something is to be written. */
  get hasMore(): boolean {
    const { aside } = this.#output;
    if (aside === null) return false;
    if (aside.releasedAt !== null) return this.#isReleaseUnwritten(aside);
    return aside.recording.length > (this.#round === aside.round ? this.#position : 0);
  }

  #isReleaseUnwritten({ round }: Aside): boolean {
    return !this.#hasReleased && this.#round === round && this.#pieces > 0;
  }

  /** What was written aside is shown now: before it is, it is said where that begins. */
  async writeReleased(): Promise<void> {
    const { aside } = this.#output;
    if (aside === null || aside.releasedAt === null || !this.#isReleaseUnwritten(aside)) return;
    this.#hasReleased = true;
    await this.#put(Buffer.from(String(aside.releasedAt)), `aside-${aside.round}-released`);
  }

  async write(): Promise<void> {
    const { aside } = this.#output;
    if (aside === null || aside.releasedAt !== null) return;
    if (this.#round !== aside.round) {
      this.#round = aside.round;
      this.#pieces = 0;
      this.#position = 0;
      this.#hasReleased = false;
    }
    const bytes = aside.recording.bytesFrom(this.#position);
    this.#position += bytes.length;
    for (const piece of blobsOf(bytes)) await this.#put(piece, `aside-${this.#round}-${this.#pieces++}`);
  }
}

/** Pieces that a blob has room for. */
export function* blobsOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += blobBytesMax) yield bytes.subarray(at, at + blobBytesMax);
}
