// An agent sends its whole history again on every turn: element n of a list is followed by what
// followed it the last time. So each element that was read remembers its successor, and a history
// that is repeated is compared (as fast as memory is read), not searched for its ends, not parsed.
import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import {
  closeBracket,
  comma,
  JsonTextError,
  openBrace,
  openBracket,
  skipSpace,
  skipValue,
} from "./json-scan.ts";
import { parseAt, type Span } from "./json-text.ts";

/** An array whose elements were read: where each stands, and what was derived from it. */
export interface ElementList<Derived> {
  readonly span: Span;
  readonly elements: readonly Span[];
  readonly derived: readonly Derived[];
}

/**
 * Derives something from the JSON text of an element and its parsed value. It must be a pure function
 * of the text: what comes of it is given to everyone who sends the same text. `index` is for errors.
 */
export type Derive<Derived> = (text: string, value: unknown, index: number) => Derived;

/** An element that was read. Once it is forgotten, others may still point at it, at an empty shell. */
interface Entry<Derived> {
  readonly key: string;
  readonly kept: boolean;
  /** Empty once it is forgotten. */
  text: string;
  derived: Derived | null;
  /** What followed it lately, the latest first. */
  followers: Entry<Derived>[];
}

/**
 * Longer texts are kept under their hash. JavaScript engines hash long strings by their length alone,
 * so that many texts of one length would be compared with each other one by one.
 */
const ownKeyCharsMax = 16_383;

/** Many conversations may begin alike, or have an element in common. */
const followersMax = 4;

/** Lists of objects that were read, by the text of each element, inside a limit on all texts together. */
export class SeenElements<Derived extends object> {
  readonly #charsMax: number;
  readonly #derive: Derive<Derived>;
  readonly #kept: LRUCache<string, Entry<Derived>>;
  /** What stood first in the lists read lately. */
  readonly #first: Entry<Derived>[] = [];

  /** `charsMax`: UTF-16 units of text that are kept; what is derived from them comes on top. */
  constructor(charsMax: number, derive: Derive<Derived>) {
    this.#charsMax = charsMax;
    this.#derive = derive;
    this.#kept = new LRUCache<string, Entry<Derived>>({
      maxSize: charsMax,
      sizeCalculation: ({ text }) => text.length + 1,
      dispose: (entry) => {
        entry.text = "";
        entry.derived = null;
        entry.followers = [];
      },
    });
  }

  /** The array that opens at `start`. Throws `JsonTextError`, and what `derive` throws. */
  read(text: string, start: number): ElementList<Derived> {
    if (text.charCodeAt(start) !== openBracket) throw new JsonTextError("an array", text, start);
    const elements: Span[] = [];
    const derived: Derived[] = [];
    let followers = this.#first;
    let at = skipSpace(text, start + 1);
    if (text.charCodeAt(at) === closeBracket) return { span: { start, end: at + 1 }, elements, derived };
    for (;;) {
      const entry = this.#among(followers, text, at) ?? this.#find(text, at, elements.length);
      const end = at + entry.text.length;
      elements.push({ start: at, end });
      // Forgotten entries have no text, so that they are not found.
      derived.push(entry.derived as Derived);
      if (entry.kept) note(followers, entry);
      followers = entry.followers;
      at = skipSpace(text, end);
      const code = text.charCodeAt(at);
      if (code === closeBracket) return { span: { start, end: at + 1 }, elements, derived };
      if (code !== comma) throw new JsonTextError('"," or "]"', text, at);
      at = skipSpace(text, at + 1);
    }
  }

  /** The entry whose text begins at `at`. No object's text is the beginning of another's: it ends there. */
  #among(entries: readonly Entry<Derived>[], text: string, at: number): Entry<Derived> | undefined {
    for (const entry of entries) {
      const { length } = entry.text;
      if (length === 0 || text.slice(at, at + length) !== entry.text) continue;
      // Asked for, so that it counts as used.
      this.#kept.get(entry.key);
      return entry;
    }
    return undefined;
  }

  #find(text: string, start: number, index: number): Entry<Derived> {
    const span = { start, end: skipValue(text, start) };
    const raw = text.slice(span.start, span.end);
    const key = raw.length > ownKeyCharsMax ? hash("sha256", raw, "base64") : raw;
    const known = this.#kept.get(key);
    // Texts that differ in lone surrogates only have one hash.
    if (known !== undefined && known.text === raw) return known;
    const own = standingAlone(raw);
    const derived = this.#derive(own, parseAt(text, span), index);
    // A number may be the beginning of another one, so it could not be told by its text alone.
    const kept = text.charCodeAt(start) === openBrace && own.length < this.#charsMax;
    const entry = { key: key === raw ? own : key, kept, text: own, derived, followers: [] };
    if (kept) this.#kept.set(entry.key, entry);
    return entry;
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

/**
 * A copy: a slice shares the memory of the text that it was cut from, so a kept slice would keep a
 * whole request. UTF-8 has no form for a lone surrogate, so such texts go through UTF-16.
 */
function standingAlone(text: string): string {
  const encoding = text.isWellFormed() ? "utf8" : "utf16le";
  return Buffer.from(text, encoding).toString(encoding);
}
