import { Recording } from "./recording.ts";

/**
 * What of a model's turn came and was not shown: held until it is decided about, or of a turn that only the
 * gateway sees. It is written down beside the answer, so that what was paid for is there when it breaks off.
 */
export class Aside {
  readonly #more: () => void;
  readonly #shownBytes: () => number;
  #round = 0;
  #recording = new Recording();
  #releasedAt: number | null = null;

  /** `more` hears that there is something to write; `shownBytes` says how much was shown. */
  constructor(more: () => void, shownBytes: () => number) {
    this.#more = more;
    this.#shownBytes = shownBytes;
  }

  /**
   * Round 0 goes on behind what was shown; every other one stands for itself. The first turn of the model has
   * rounds 0 and 1.
   */
  get round(): number {
    return this.#round;
  }

  get recording(): Recording {
    return this.#recording;
  }

  /** How much had been shown when what is here was decided about and began to be shown too, or null. */
  get releasedAt(): number | null {
    return this.#releasedAt;
  }

  /** What comes now is not behind what was shown. */
  nextRound(): void {
    this.#round++;
    this.#recording = new Recording();
    this.#releasedAt = null;
  }

  /** The model is asked again. */
  nextTurn(): void {
    this.#round = Math.max(this.#round, 1);
    this.nextRound();
  }

  take(bytes: Uint8Array): void {
    this.#recording.append(bytes);
    this.#more();
  }

  /** It was decided about, and is shown from here on. */
  released(): void {
    this.#releasedAt ??= this.#shownBytes();
  }
}
