// Around the list that holds the history a request says the same on every turn: the model's name,
// options, tools. So what stands around a list is compared with what was read lately, and neither
// searched for the list nor read again where it is the same.
import { LRUCache } from "lru-cache";
import { standsAt } from "./json-bytes.ts";
import { textKey } from "./text-key.ts";

/** What stands around the list of a body, and what was derived from it. */
export interface Frame<Around> {
  /** Up to the bracket that opens the list, and with it. */
  readonly head: Uint8Array;
  /** The bracket that closes the list, and what is behind it. */
  readonly tail: Uint8Array;
  /** The head in UTF-16 units. */
  readonly headLength: number;
  readonly around: Around;
  readonly key: string;
}

/**
 * Derives something from the text of a body with nothing in its list. It must be a pure function of the
 * text: what comes of it is given to everyone who sends the same text.
 */
export type DeriveAround<Around> = (text: string) => Around;

/** What a frame counts beyond its bytes, as of an element of a list. */
const frameBytes = 256;

/** Frames that a body is compared with before it is searched. */
const latestMax = 8;

/** What stood around the lists of bodies, inside a limit on all of it together. */
export class SeenFrames<Around extends object> {
  readonly #bytesMax: number;
  readonly #derive: DeriveAround<Around>;
  readonly #kept: LRUCache<string, Frame<Around>>;
  /** What was read lately, the latest first. */
  readonly #latest: Frame<Around>[] = [];

  /** `bytesMax`: heads and tails that are kept, in bytes. What is derived comes on top. */
  constructor(bytesMax: number, derive: DeriveAround<Around>) {
    this.#bytesMax = bytesMax;
    this.#derive = derive;
    this.#kept = new LRUCache<string, Frame<Around>>({
      maxSize: bytesMax,
      sizeCalculation: sizeOf,
      dispose: (frame) => {
        const at = this.#latest.indexOf(frame);
        if (at !== -1) this.#latest.splice(at, 1);
      },
    });
  }

  /** Where the list opens in a body that begins as one that was read lately; -1 where none does. */
  listStart(bytes: Buffer): number {
    for (const { head } of this.#latest) if (standsAt(bytes, 0, head)) return head.length - 1;
    return -1;
  }

  /** The frame around the list from `start` to `end`, where it was read lately. */
  find(bytes: Buffer, start: number, end: number): Frame<Around> | undefined {
    const tailLength = bytes.length - end + 1;
    for (const frame of this.#latest) {
      const { head, tail } = frame;
      if (head.length !== start + 1 || tail.length !== tailLength) continue;
      if (!standsAt(bytes, end - 1, tail) || !standsAt(bytes, 0, head)) continue;
      // Asked for, so that it counts as used.
      this.#kept.get(frame.key);
      this.#note(frame);
      return frame;
    }
    return undefined;
  }

  /** The frame around a list that was found by searching. Throws what `derive` throws. */
  read(bytes: Buffer, start: number, end: number): Frame<Around> {
    const head = bytes.toString("utf8", 0, start + 1);
    const text = head + bytes.toString("utf8", end - 1);
    const key = textKey(text);
    const known = this.#kept.get(key);
    const frame = known ?? {
      // Copies: a part of the body would keep all of it.
      head: new Uint8Array(bytes.subarray(0, start + 1)),
      tail: new Uint8Array(bytes.subarray(end - 1)),
      headLength: head.length,
      around: this.#derive(text),
      key,
    };
    if (known === undefined && sizeOf(frame) > this.#bytesMax) return frame;
    if (known === undefined) this.#kept.set(key, frame);
    this.#note(frame);
    return frame;
  }

  /** The same of a body without such a list. */
  around(text: string): Around {
    return this.#derive(text);
  }

  #note(frame: Frame<Around>): void {
    const latest = this.#latest;
    if (latest[0] === frame) return;
    const at = latest.indexOf(frame);
    if (at > 0) latest.splice(at, 1);
    latest.unshift(frame);
    if (latest.length > latestMax) latest.pop();
  }
}

function sizeOf({ head, tail }: Pick<Frame<unknown>, "head" | "tail">): number {
  return head.length + tail.length + frameBytes;
}
