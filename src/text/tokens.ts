import { hash } from "node:crypto";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import type * as O200k from "gpt-tokenizer/encoding/o200k_base";
import { LRUCache } from "lru-cache";

/** Counts that are remembered; one takes about 200 bytes, so all of them about 13 MB. */
const countsMax = 65_536;
/** Shorter texts are counted as fast as their hash is made. */
const rememberedCharsMin = 64;
/** What the encoder gets at a time. Between slices the event loop may do something else. */
const sliceChars = 16_384;
/**
 * Byte pair encoding takes time with the square of an unbroken run's length: 100,000 times `a` take
 * half a minute. A run is cut into pieces of this length, which adds at most one to each count.
 */
const pieceCharsMax = 128;
/** Longer runs of one ASCII class, and of Base64, are so alike throughout that a sample tells all. */
const runCharsMax = 1_024;
const base64CharsMax = 8_192;
const sampleChars = 2_048;
/** The encoder remembers words; those keep the slice that they were cut from in memory. */
const encodedCharsMax = 4_194_304;

const counts = new LRUCache<string, number>({ max: countsMax });

/**
 * How many tokens a text has in o200k, the encoding of OpenAI's models since GPT-4o. Text that looks
 * like a special token is counted as text. The first call loads the encoding: a third of a second
 * and 70 MB, which no one who counts nothing should pay. Time grows no faster than the text.
 */
export function countTokens(text: string): number {
  const known = recall(text);
  if (known.count !== undefined) return known.count;
  const slices = countSlices(text);
  let slice = slices.next();
  while (slice.done !== true) slice = slices.next();
  return remember(known.key, slice.value);
}

/** As `countTokens`, for many texts at once, without keeping the event loop from its other work. */
export async function countTokensInTurns(texts: readonly string[]): Promise<readonly number[]> {
  const all: number[] = [];
  let uncounted = 0;
  for (const text of texts) {
    const known = recall(text);
    if (known.count !== undefined) {
      all.push(known.count);
      continue;
    }
    const slices = countSlices(text);
    let slice = slices.next();
    while (slice.done !== true) {
      uncounted += sliceChars;
      if (uncounted % (4 * sliceChars) === 0) await setImmediate();
      slice = slices.next();
    }
    all.push(remember(known.key, slice.value));
  }
  return all;
}

function recall(text: string): { readonly key: string; readonly count: number | undefined } {
  if (text === "") return { key: "", count: 0 };
  const key = text.length < rememberedCharsMin ? "" : hash("sha256", text, "base64");
  return { key, count: key === "" ? undefined : counts.get(key) };
}

function remember(key: string, count: number): number {
  if (key !== "") counts.set(key, count);
  return count;
}

/** Yields after each slice; returns the whole count. */
function* countSlices(text: string): Generator<undefined, number> {
  let total = 0;
  let start = 0;
  let at = 0;
  let base64End = 0;
  while (at < text.length) {
    if (at >= base64End) base64End = endOfBase64(text, at);
    const run = base64End - at > base64CharsMax ? { end: base64End, alike: true } : runAt(text, at);
    if (run.end - at > pieceCharsMax) {
      total += encode(text.slice(start, at));
      total += yield* countRun(text, at, run);
      start = run.end;
    } else if (at - start >= sliceChars) {
      total += encode(text.slice(start, at));
      start = at;
      yield;
    }
    at = run.end;
  }
  return total + encode(text.slice(start));
}

function* countRun(text: string, start: number, run: Run): Generator<undefined, number> {
  const end = run.alike ? Math.min(start + sampleChars, run.end) : run.end;
  let count = 0;
  let at = start;
  let sliceEnd = start + sliceChars;
  while (at < end) {
    const cut = afterPair(text, Math.min(at + pieceCharsMax, end));
    count += encode(text.slice(at, cut));
    at = cut;
    if (at < sliceEnd) continue;
    sliceEnd += sliceChars;
    yield;
  }
  return Math.ceil((count * (run.end - start)) / (end - start));
}

/** `alike`: so long and so uniform that a sample of it is counted and scaled. */
interface Run {
  readonly end: number;
  readonly alike: boolean;
}

/**
 * The stretch from `at` on that the encoder might take as one piece: characters of one ASCII class.
 * A character outside ASCII may belong to any class (a letter, a mark, a symbol, a space), so it
 * never ends a run; a piece can then span two runs, but no more.
 */
function runAt(text: string, at: number): Run {
  let kind = 0;
  let ascii = true;
  let end = at;
  for (; end < text.length; end += 1) {
    const next = kindOf(text.charCodeAt(end));
    if (next === 0) ascii = false;
    else if (kind === 0) kind = next;
    else if (next !== kind) break;
  }
  return { end, alike: ascii && end - at > runCharsMax };
}

function endOfBase64(text: string, at: number): number {
  let end = at;
  while (end < text.length && isBase64(text.charCodeAt(end))) end += 1;
  // At least one further, so that the search moves on where no such character stands.
  return Math.max(end, at + 1);
}

function isBase64(unit: number): boolean {
  const kind = kindOf(unit);
  return kind === 1 || kind === 2 || unit === 0x2b || unit === 0x2f || unit === 0x2d || unit === 0x5f;
}

/** 0 beyond ASCII, else 1 letter, 2 digit, 3 white space, 4 anything else. */
function kindOf(unit: number): number {
  if (unit > 0x7f) return 0;
  if ((unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a)) return 1;
  if (unit >= 0x30 && unit <= 0x39) return 2;
  return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d) ? 3 : 4;
}

/** The same place, or one further where it would cut a surrogate pair. */
function afterPair(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at + 1 : at;
}

let encoding: typeof O200k | undefined;
let encodedChars = 0;
const asText = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

function encode(slice: string): number {
  if (slice === "") return 0;
  encoding ??= createRequire(import.meta.url)("gpt-tokenizer/encoding/o200k_base") as typeof O200k;
  encodedChars += slice.length;
  if (encodedChars > encodedCharsMax) {
    encoding.clearMergeCache();
    encodedChars = 0;
  }
  // A copy: a part of a string keeps the whole string alive, here a request of many megabytes.
  return encoding.countTokens(Buffer.from(slice).toString(), asText);
}
