import { LongstopError } from "../exchange/error.ts";
import type { Frame } from "../wire/sse.ts";
import type { HoldSettings } from "./settings.ts";

/** The frames of one turn that wait for a decision, inside a limit on bytes and on time. */
export class HeldFrames {
  readonly #settings: HoldSettings;
  readonly #tooLong: (error: LongstopError) => void;
  #frames: Frame[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `tooLong` is told once frames have waited longer than `heldSecondsMax`. */
  constructor(settings: HoldSettings, tooLong: (error: LongstopError) => void) {
    this.#settings = settings;
    this.#tooLong = tooLong;
  }

  get frames(): readonly Frame[] {
    return this.#frames;
  }

  get holding(): boolean {
    return this.#frames.length > 0;
  }

  /** Throws `held_too_much` over the limit on bytes. */
  add(frame: Frame): void {
    const { heldBytesMax, heldSecondsMax } = this.#settings;
    this.#bytes += frame.bytes.byteLength;
    if (this.#bytes > heldBytesMax) {
      throw new LongstopError(
        "held_too_much",
        `The model's tool calls are larger than ${heldBytesMax} bytes (hold.heldBytesMax); none was ` +
          `released.`,
      );
    }
    this.#timer ??= setTimeout(() => {
      this.#tooLong(
        new LongstopError(
          "held_too_much",
          `The model's tool calls were not whole after ${heldSecondsMax} seconds ` +
            `(hold.heldSecondsMax); none was released.`,
        ),
      );
    }, heldSecondsMax * 1000);
    this.#frames.push(frame);
  }

  /** Lets go of all frames: they were released, or are never sent. */
  clear(): void {
    this.#frames = [];
    this.#bytes = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
