// A request of a megabyte is nearly all history, and nearly all of it was seen before. Here the list
// that holds the history is cut out: what is left is a short text that can be read and edited as any
// other, and the elements stay the bytes that they are. No text of the whole is made unless asked for.
import { skipSpaceBytes, skipStringBytes, skipValueBytes } from "./json-bytes.ts";
import { checkJson } from "./json-check.ts";
import { applyEdits, type TextEdit } from "./json-edit.ts";
import { closeBrace, colon, comma, openBrace, openBracket, quote } from "./json-scan.ts";
import type { Span } from "./json-text.ts";
import type { Element, ElementList, SeenElements } from "./seen-elements.ts";

const byteOrderMark = [0xef, 0xbb, 0xbf];

/** The list that was cut out, and where its elements stand. */
export interface CutList<Derived> {
  readonly elements: readonly Element<Derived>[];
  /** In the text of the whole body, in UTF-16 units. */
  readonly spans: readonly Span[];
  /** In the rest, where one character stands for each. */
  readonly places: readonly number[];
}

/** A body that is a JSON object, with the elements of one list in it cut out. */
export class CutBody<Derived extends object> {
  readonly bytes: Buffer;
  /** The body with each element of the list as `0`. */
  readonly rest: string;
  /** Undefined where no list stands under that name. */
  readonly list: CutList<Derived> | undefined;
  readonly #starts: readonly number[];
  #text: string | undefined;

  constructor(bytes: Buffer, read: ElementList<Derived> | undefined) {
    this.bytes = bytes;
    this.#starts = read?.starts ?? [];
    if (read === undefined) {
      this.rest = this.text;
      return;
    }
    const { rest, list } = cutOut(bytes, read);
    this.rest = rest;
    this.list = list;
  }

  /** The whole body, decoded when first asked for. */
  get text(): string {
    this.#text ??= this.bytes.toString("utf8");
    return this.#text;
  }

  /** Where a stretch of the rest that lies outside of the list stands in the whole text. */
  inWhole(span: Span): Span {
    const last = this.list?.spans.at(-1);
    const place = this.list?.places.at(-1);
    if (last === undefined || place === undefined || span.start < place) return span;
    const shift = last.end - (place + 1);
    return { start: span.start + shift, end: span.end + shift };
  }

  /**
   * The body with edits of the rest carried out, and other bytes for some elements (by index). An edit
   * takes out the elements whose places it covers.
   */
  edited(edits: readonly TextEdit[], others: ReadonlyMap<number, Uint8Array>): Buffer {
    const { list, rest } = this;
    if (list === undefined) return Buffer.from(applyEdits(rest, edits));
    const pieces = new Pieces();
    /** The first element that was not passed by. */
    let next = 0;
    let done = 0;
    const keepTo = (to: number): void => {
      while ((list.places[next] ?? to) < to) {
        const place = list.places[next] ?? to;
        pieces.text(rest.slice(done, place));
        const first = next++;
        const other = others.get(first);
        if (other !== undefined) pieces.bytes(other);
        else {
          while ((list.places[next] ?? to) < to && !others.has(next)) next++;
          pieces.bytes(this.bytes.subarray(this.#starts[first], this.#endOf(next - 1)));
        }
        done = (list.places[next - 1] ?? place) + 1;
      }
      pieces.text(rest.slice(done, to));
    };
    for (const edit of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
      if (edit.start < done || edit.end < edit.start || edit.end > rest.length) {
        throw new RangeError(`The edit of ${edit.start}..${edit.end} overlaps another or leaves the text.`);
      }
      keepTo(edit.start);
      pieces.text(edit.text);
      done = edit.end;
      while ((list.places[next] ?? done) < done) next++;
    }
    keepTo(rest.length);
    return pieces.joined();
  }

  #endOf(index: number): number {
    return (this.#starts[index] ?? 0) + (this.list?.elements[index]?.bytes.length ?? 0);
  }
}

function cutOut<Derived>(
  bytes: Buffer,
  { start, end, starts, elements }: ElementList<Derived>,
): { rest: string; list: CutList<Derived> } {
  const head = bytes.toString("utf8", 0, start + 1);
  const between: string[] = [];
  const spans: Span[] = [];
  const places: number[] = [];
  let place = head.length;
  let whole = head.length;
  let behind = start + 1;
  for (let index = 0; index < elements.length; index++) {
    const from = starts[index] ?? end;
    const { text, bytes: own } = elements[index] as Element<Derived>;
    // Between two elements there is hardly ever more than a comma.
    const gap = from - behind;
    between.push(gap === 1 && index > 0 ? "," : bytes.toString("latin1", behind, from));
    place += gap;
    whole += gap;
    places.push(place);
    spans.push({ start: whole, end: whole + text.length });
    place += 1;
    whole += text.length;
    behind = from + own.length;
  }
  const tail = bytes.toString("utf8", behind);
  const rest = elements.length === 0 ? head + tail : `${head}${between.join("0")}0${tail}`;
  return { rest, list: { elements, spans, places } };
}

/** The pieces of a body to be. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  text(text: string): void {
    if (text === ",") this.bytes(commaBytes);
    else if (text !== "") this.bytes(Buffer.from(text));
  }

  bytes(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
  }

  joined(): Buffer {
    return Buffer.concat(this.#pieces, this.#length);
  }
}

const commaBytes = new Uint8Array([comma]);

/**
 * Reads a body and cuts out the list under `key`, the last one where there are several. Undefined where
 * the body is JSON, but no object. Throws `JsonTextError`, with the place in the whole text.
 */
export function cutBody<Derived extends object>(
  body: string | Uint8Array,
  key: string,
  seen: SeenElements<Derived>,
): CutBody<Derived> | undefined {
  const bytes = typeof body === "string" ? Buffer.from(body) : bufferOf(body);
  const start = skipSpaceBytes(bytes, byteOrderMark.every((byte, at) => bytes[at] === byte) ? 3 : 0);
  const found = bytes[start] === openBrace ? findList(bytes, start, key, seen) : null;
  if (found !== null) return new CutBody(bytes, found.list);
  checkJson(bytes.toString("utf8"));
  return undefined;
}

/** The list that counts, if there is one; null where the body is no object of JSON. */
function findList<Derived extends object>(
  bytes: Buffer,
  start: number,
  key: string,
  seen: SeenElements<Derived>,
): { readonly list: ElementList<Derived> | undefined } | null {
  let list: ElementList<Derived> | undefined;
  let at = skipSpaceBytes(bytes, start + 1);
  for (let isFirst = true; bytes[at] !== closeBrace || !isFirst; isFirst = false) {
    const name = nameAt(bytes, at);
    if (name === null) return null;
    const isList = name.name === key && bytes[name.valueStart] === openBracket;
    const read = isList ? seen.read(bytes, name.valueStart) : undefined;
    if (read === null) return null;
    if (name.name === key) list = read;
    const end = read?.end ?? skipValueBytes(bytes, name.valueStart);
    if (end === -1) return null;
    at = skipSpaceBytes(bytes, end);
    if (bytes[at] === closeBrace) break;
    if (bytes[at] !== comma) return null;
    at = skipSpaceBytes(bytes, at + 1);
  }
  return skipSpaceBytes(bytes, at + 1) === bytes.length ? { list } : null;
}

/** A member's name as it is meant, and where its value begins; null where none stands there. */
function nameAt(bytes: Buffer, start: number): { name: string | undefined; valueStart: number } | null {
  const end = bytes[start] === quote ? skipStringBytes(bytes, start) : -1;
  if (end === -1) return null;
  const at = skipSpaceBytes(bytes, end);
  if (bytes[at] !== colon) return null;
  return { name: nameOf(bytes, start, end), valueStart: skipSpaceBytes(bytes, at + 1) };
}

/** The name that stands there as it is meant, or undefined where it is no JSON string. */
function nameOf(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString("latin1", start + 1, end - 1);
  if (!text.includes("\\")) return text;
  try {
    return JSON.parse(bytes.toString("utf8", start, end)) as string;
  } catch {
    return undefined;
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
