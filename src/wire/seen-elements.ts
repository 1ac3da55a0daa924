// An agent sends its whole history again on every turn: element n of a list is followed by what
// followed it the last time. So each element that was read remembers its successor, and a history
// that is repeated is compared (as fast as memory is read), not searched for its ends, not decoded.
import { LRUCache } from "lru-cache";
import { skipSpaceBytes, skipValueBytes, standsAt } from "./json-bytes.ts";
import { closeBracket, comma, openBrace } from "./json-scan.ts";
import { textKey } from "./text-key.ts";

/** What was derived from one element of a list, and the element itself. */
export interface Element<Derived> {
  readonly bytes: Uint8Array;
  /** The same, decoded: JSON text in memory of its own. */
  readonly text: string;
  readonly derived: Derived;
}

/** An array whose elements were read, and where they begin. Places count bytes. */
export interface ElementList<Derived> {
  readonly start: number;
  readonly end: number;
  readonly starts: readonly number[];
  readonly elements: readonly Element<Derived>[];
}

/**
 * Derives something from the JSON text of an element and its parsed value. It must be a pure function
 * of the text: what comes of it is given to everyone who sends the same text. `index` is for errors.
 */
export type Derive<Derived> = (text: string, value: unknown, index: number) => Derived;

/** An element that is kept. Once it is forgotten, others may still point at it, at an empty shell. */
interface Entry<Derived> {
  readonly key: string;
  readonly kept: boolean;
  element: Element<Derived> | null;
  /** What followed it lately, the latest first. */
  followers: Entry<Derived>[];
}

/**
 * What an element counts beyond its bytes. Of a short one, all that is held is some thirty times as
 * large as the element: a history of a million short messages would not be bounded by its bytes.
 */
const entryBytes = 256;

/** Many conversations may begin alike, or have an element in common. */
const followersMax = 4;

/** Lists of objects that were read, by the text of each element, inside a limit on all of them together. */
export class SeenElements<Derived extends object> {
  readonly #bytesMax: number;
  readonly #derive: Derive<Derived>;
  readonly #kept: LRUCache<string, Entry<Derived>>;
  /** What stood first in the lists read lately. */
  readonly #first: Entry<Derived>[] = [];

  /**
   * `bytesMax`: elements that are kept, in bytes, with `entryBytes` for each. Their texts and what is
   * derived come on top.
   */
  constructor(bytesMax: number, derive: Derive<Derived>) {
    this.#bytesMax = bytesMax;
    this.#derive = derive;
    this.#kept = new LRUCache<string, Entry<Derived>>({
      maxSize: bytesMax,
      sizeCalculation: ({ element }) => (element?.bytes.length ?? 0) + entryBytes,
      dispose: (entry) => {
        entry.element = null;
        entry.followers = [];
      },
    });
  }

  /**
   * The array that opens at `start` in UTF-8 bytes; null where they are no JSON. Throws what `derive`
   * throws.
   */
  read(bytes: Buffer, start: number): ElementList<Derived> | null {
    const starts: number[] = [];
    const elements: Element<Derived>[] = [];
    let followers = this.#first;
    let at = skipSpaceBytes(bytes, start + 1);
    if (bytes[at] === closeBracket) return { start, end: at + 1, starts, elements };
    for (;;) {
      const entry = this.#among(followers, bytes, at) ?? this.#find(bytes, at, elements.length);
      const element = entry?.element ?? null;
      if (entry === null || element === null) return null;
      starts.push(at);
      elements.push(element);
      if (entry.kept) note(followers, entry);
      followers = entry.followers;
      at = skipSpaceBytes(bytes, at + element.bytes.length);
      if (bytes[at] === closeBracket) return { start, end: at + 1, starts, elements };
      if (bytes[at] !== comma) return null;
      at = skipSpaceBytes(bytes, at + 1);
    }
  }

  /** The entry whose bytes stand at `at`. No object is the beginning of another one: it ends there. */
  #among(entries: readonly Entry<Derived>[], bytes: Buffer, at: number): Entry<Derived> | undefined {
    for (const entry of entries) {
      const own = entry.element?.bytes;
      if (own === undefined || !standsAt(bytes, at, own)) continue;
      // Asked for, so that it counts as used.
      this.#kept.get(entry.key);
      return entry;
    }
    return undefined;
  }

  #find(bytes: Buffer, start: number, index: number): Entry<Derived> | null {
    const end = skipValueBytes(bytes, start);
    if (end === -1) return null;
    const text = bytes.toString("utf8", start, end);
    const key = textKey(text);
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const value = parsed(text);
    if (value === undefined) return null;
    const derived = this.#derive(text, value, index);
    // A copy: a part of the body would keep all of it. And a number may be the beginning of another
    // one, so that it could not be told by its bytes alone.
    const element = { bytes: new Uint8Array(bytes.subarray(start, end)), text, derived };
    const kept = bytes[start] === openBrace && element.bytes.length + entryBytes <= this.#bytesMax;
    const entry = { key, kept, element, followers: [] };
    if (kept) this.#kept.set(key, entry);
    return entry;
  }
}

/** Undefined where the text is no JSON; no JSON text has that value. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Puts an entry first. */
function note<Derived>(followers: Entry<Derived>[], entry: Entry<Derived>): void {
  if (followers[0] === entry) return;
  const at = followers.indexOf(entry);
  if (at > 0) followers.splice(at, 1);
  followers.unshift(entry);
  if (followers.length > followersMax) followers.pop();
}
