// Around the list that holds the history a request says the same on every turn: the model's name,
// options, tools. So what stands around a list is compared with what was read lately, and neither
// searched for the list nor read again where it is the same.
import { standsAt } from "./json-bytes.ts";

/** What stands around the list of a body, and what was derived from it. */
export interface Frame<Around> {
  /** Up to the bracket that opens the list, and with it. */
  readonly head: Uint8Array;
  /** The bracket that closes the list, and what is behind it. */
  readonly tail: Uint8Array;
  /** The head in UTF-16 units. */
  readonly headLength: number;
  readonly around: Around;
}

/**
 * Derives something from the text of a body with nothing in its list. It must be a pure function of the
 * text: what comes of it is given to everyone who sends the same text.
 */
export type DeriveAround<Around> = (text: string) => Around;

/** Frames that are kept: each body is compared with all of them, most by their length alone. */
const framesMax = 32;

/** Texts that were read once and are told from new ones. */
const onceMax = 8;

/** What stood around the lists of bodies, inside a limit on all of it together. */
export class SeenFrames<Around extends object> {
  readonly #bytesMax: number;
  readonly #derive: DeriveAround<Around>;
  /** The latest first. */
  readonly #kept: Frame<Around>[] = [];
  #keptBytes = 0;
  /** The oldest first. */
  readonly #once: string[] = [];

  /** `bytesMax`: heads and tails that are kept, in bytes. What is derived comes on top. */
  constructor(bytesMax: number, derive: DeriveAround<Around>) {
    this.#bytesMax = bytesMax;
    this.#derive = derive;
  }

  /** Where the list opens in a body that begins as one that is kept; -1 where none does. */
  listStart(bytes: Buffer): number {
    for (const { head } of this.#kept) if (standsAt(bytes, 0, head)) return head.length - 1;
    return -1;
  }

  /** The frame around the list from `start` to `end`, where it is kept. */
  find(bytes: Buffer, start: number, end: number): Frame<Around> | undefined {
    const tailLength = bytes.length - end + 1;
    for (const [place, frame] of this.#kept.entries()) {
      const { head, tail } = frame;
      if (head.length !== start + 1 || tail.length !== tailLength) continue;
      if (!standsAt(bytes, end - 1, tail) || !standsAt(bytes, 0, head)) continue;
      if (place > 0) this.#kept.unshift(...this.#kept.splice(place, 1));
      return frame;
    }
    return undefined;
  }

  /**
   * What is around a list that was found by searching. It is kept from the second time on: some clients
   * give each request an id of its own. Throws what `derive` throws.
   */
  read(bytes: Buffer, start: number, end: number): Pick<Frame<Around>, "around" | "headLength"> {
    const head = bytes.toString("utf8", 0, start + 1);
    const text = head + bytes.toString("utf8", end - 1);
    const read = { headLength: head.length, around: this.#derive(text) };
    const seen = this.#once.indexOf(text);
    if (seen === -1) {
      // One that is larger than its share would push out the others.
      if (text.length <= this.#bytesMax / onceMax) this.#once.push(text);
      if (this.#once.length > onceMax) this.#once.shift();
    } else {
      this.#once.splice(seen, 1);
      // Copies: a part of the body would keep all of it.
      const own = { head: bytes.subarray(0, start + 1), tail: bytes.subarray(end - 1) };
      this.#keep({ ...read, head: new Uint8Array(own.head), tail: new Uint8Array(own.tail) });
    }
    return read;
  }

  /** The same of a body without such a list. */
  around(text: string): Around {
    return this.#derive(text);
  }

  #keep(frame: Frame<Around>): void {
    this.#kept.unshift(frame);
    this.#keptBytes += sizeOf(frame);
    while (this.#kept.length > framesMax || this.#keptBytes > this.#bytesMax) {
      const oldest = this.#kept.pop();
      if (oldest === undefined) break;
      this.#keptBytes -= sizeOf(oldest);
    }
  }
}

function sizeOf({ head, tail }: Pick<Frame<unknown>, "head" | "tail">): number {
  return head.length + tail.length;
}
