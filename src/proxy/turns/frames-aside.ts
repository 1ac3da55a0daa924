import type { Frame } from "../../wire/sse.ts";
import type { AnswerTarget } from "../answer-target.ts";

/** Sets frames aside that no client was shown yet, where that is written down. */
export class FramesAside {
  readonly #client: AnswerTarget;
  /** What opens a turn of which nothing was shown yet. */
  #opening: Frame[] = [];
  #isFirstTurn = true;
  #hasHeld = false;

  constructor(client: AnswerTarget) {
    this.#client = client;
  }

  /** A frame that waits for a decision. `started`: what came before it was shown. */
  held(frame: Frame, started: boolean): void {
    const { aside } = this.#client;
    if (aside === null) return;
    if (!this.#hasHeld && this.#isFirstTurn && !started) {
      aside.nextRound();
      for (const { bytes } of this.#opening) aside.take(bytes);
    }
    this.#hasHeld = true;
    this.#opening = [];
    aside.take(frame.bytes);
  }

  /** A frame that is shown, or will be. Of a later turn the client gets it in another form, or not at all. */
  passed(frame: Frame, started: boolean): void {
    const { aside } = this.#client;
    if (aside === null) return;
    if (!this.#isFirstTurn) aside.take(frame.bytes);
    else if (!started) this.#opening.push(frame);
    else this.#opening = [];
  }

  /** The model is asked again. */
  nextTurn(): void {
    this.#isFirstTurn = false;
    this.#opening = [];
    this.#client.aside?.nextTurn();
  }

  /** What was held is shown from here on. */
  released(): void {
    this.#client.aside?.released();
  }
}
