// A request of a megabyte is nearly all history, and nearly all of it was seen before. Here the list
// that holds the history is cut out: what is left is a short text that can be read and edited as any
// other, and the elements stay the bytes that they are. No text of the whole is made unless asked for.
import { skipSpaceBytes, skipStringBytes, skipValueBytes } from "./json-bytes.ts";
import { checkJson } from "./json-check.ts";
import { applyEdits, type TextEdit } from "./json-edit.ts";
import { closeBrace, colon, comma, openBrace, openBracket, quote } from "./json-scan.ts";
import type { Span } from "./json-text.ts";
import type { Element, ElementList, SeenElements } from "./seen-elements.ts";
import type { SeenFrames } from "./seen-frames.ts";

const byteOrderMark = [0xef, 0xbb, 0xbf];

/** The list that was cut out, and where its elements stand. */
export interface CutList<Derived> {
  readonly elements: readonly Element<Derived>[];
  /** In the text of the whole body, in UTF-16 units. */
  readonly spans: readonly Span[];
}

/** The body with each element of the list as `0`, and where these stand. */
interface Rest {
  readonly text: string;
  readonly places: readonly number[];
}

/** A body that is a JSON object, with the elements of one list in it cut out. */
export class CutBody<Derived extends object, Around extends object> {
  readonly bytes: Buffer;
  /** What was derived from the body without the elements of the list. */
  readonly around: Around;
  /** Undefined where no list stands under that name. */
  readonly list: CutList<Derived> | undefined;
  readonly #read: ElementList<Derived> | undefined;
  readonly #headLength: number;
  /** What stands between the brackets of the list. */
  readonly #listLength: number = 0;
  #text: string | undefined;
  #rest: Rest | undefined;

  constructor(bytes: Buffer, around: Around, read?: ElementList<Derived>, headLength = 0) {
    this.bytes = bytes;
    this.around = around;
    this.#read = read;
    this.#headLength = headLength;
    if (read === undefined) return;
    const { spans, end } = spansIn(read, headLength);
    this.list = { elements: read.elements, spans };
    this.#listLength = end - headLength;
  }

  /** The whole body, decoded when first asked for. */
  get text(): string {
    this.#text ??= this.bytes.toString("utf8");
    return this.#text;
  }

  /** The body with each element of the list as `0`: what edits are made on. */
  get rest(): string {
    return this.#inRest().text;
  }

  /** Where the elements of the list stand in the rest: one character for each. */
  get places(): readonly number[] {
    return this.#inRest().places;
  }

  /** Made when it is asked for: most bodies are not edited but in their elements. */
  #inRest(): Rest {
    this.#rest ??=
      this.#read === undefined ? { text: this.text, places: [] } : restOf(this.bytes, this.#read);
    return this.#rest;
  }

  /** Where a stretch of the body without elements, outside of the list, stands in the whole text. */
  inWhole(span: Span): Span {
    if (span.start < this.#headLength) return span;
    const { start, end } = span;
    return { start: start + this.#listLength, end: end + this.#listLength };
  }

  /**
   * The body with edits of the rest carried out, and other bytes for some elements (by index). An edit
   * takes out the elements whose places it covers.
   */
  edited(edits: readonly TextEdit[], others: ReadonlyMap<number, Uint8Array>): Buffer {
    if (this.#read === undefined) return Buffer.from(applyEdits(this.rest, edits));
    if (edits.length === 0) return exchanged(this.bytes, this.#read, others);
    const { rest, places } = this;
    const pieces = new Pieces();
    /** The first element that was not passed by. */
    let next = 0;
    let done = 0;
    const keepTo = (to: number): void => {
      while ((places[next] ?? to) < to) {
        const place = places[next] ?? to;
        pieces.text(rest.slice(done, place));
        const first = next++;
        const other = others.get(first);
        if (other !== undefined) pieces.bytes(other);
        else {
          while ((places[next] ?? to) < to && !others.has(next)) next++;
          pieces.bytes(this.bytes.subarray(this.#startOf(first), this.#endOf(next - 1)));
        }
        done = (places[next - 1] ?? place) + 1;
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
      while ((places[next] ?? done) < done) next++;
    }
    keepTo(rest.length);
    return pieces.joined();
  }

  #startOf(index: number): number {
    return this.#read?.starts[index] ?? 0;
  }

  #endOf(index: number): number {
    return this.#startOf(index) + (this.list?.elements[index]?.bytes.length ?? 0);
  }
}

/**
 * Where the elements stand in the text, and the bracket behind them. Between them are white space and
 * commas, of which each is a byte and a UTF-16 unit.
 */
function spansIn<Derived>(
  { start, end, starts, elements }: ElementList<Derived>,
  headLength: number,
): { spans: Span[]; end: number } {
  const spans: Span[] = [];
  let whole = headLength;
  let behind = start + 1;
  for (let index = 0; index < elements.length; index++) {
    const { text, bytes } = elements[index] as Element<Derived>;
    const from = starts[index] ?? behind;
    whole += from - behind;
    spans.push({ start: whole, end: whole + text.length });
    whole += text.length;
    behind = from + bytes.length;
  }
  return { spans, end: whole + (end - 1 - behind) };
}

function restOf<Derived>(bytes: Buffer, { start, starts, elements }: ElementList<Derived>): Rest {
  const head = bytes.toString("utf8", 0, start + 1);
  const between: string[] = [];
  const places: number[] = [];
  let place = head.length;
  let behind = start + 1;
  for (let index = 0; index < elements.length; index++) {
    const from = starts[index] ?? behind;
    // Between two elements there is hardly ever more than a comma.
    const gap = from - behind;
    between.push(gap === 1 && index > 0 ? "," : bytes.toString("latin1", behind, from));
    place += gap;
    places.push(place);
    place += 1;
    behind = from + (elements[index]?.bytes.length ?? 0);
  }
  const tail = bytes.toString("utf8", behind);
  const text = elements.length === 0 ? head + tail : `${head}${between.join("0")}0${tail}`;
  return { text, places };
}

/** The body with other bytes for some elements, and nothing else changed: copied once, never decoded. */
function exchanged<Derived>(
  bytes: Buffer,
  { starts, elements }: ElementList<Derived>,
  others: ReadonlyMap<number, Uint8Array>,
): Buffer {
  let length = bytes.length;
  for (const [index, other] of others) length += other.length - (elements[index]?.bytes.length ?? 0);
  const changed = Buffer.allocUnsafe(length);
  let from = 0;
  let to = 0;
  for (const [index, other] of [...others].sort(([a], [b]) => a - b)) {
    const start = starts[index] ?? from;
    to += bytes.copy(changed, to, from, start);
    changed.set(other, to);
    to += other.length;
    from = start + (elements[index]?.bytes.length ?? 0);
  }
  bytes.copy(changed, to, from);
  return changed;
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
 * the body is JSON, but no object. Throws `JsonTextError` (with the place in the whole text, but for
 * what the frames throw), and what deriving throws.
 */
export function cutBody<Derived extends object, Around extends object>(
  body: string | Uint8Array,
  key: string,
  seen: SeenElements<Derived>,
  frames: SeenFrames<Around>,
): CutBody<Derived, Around> | undefined {
  const bytes = typeof body === "string" ? Buffer.from(body) : bufferOf(body);
  const opens = frames.listStart(bytes);
  const guess = opens === -1 ? null : seen.read(bytes, opens);
  const known = guess === null ? undefined : frames.find(bytes, guess.start, guess.end);
  if (guess !== null && known !== undefined) return new CutBody(bytes, known.around, guess, known.headLength);

  const start = skipSpaceBytes(bytes, byteOrderMark.every((byte, at) => bytes[at] === byte) ? 3 : 0);
  const read = (at: number): ElementList<Derived> | null => (at === opens ? guess : seen.read(bytes, at));
  const found = bytes[start] === openBrace ? findList(bytes, start, key, read) : null;
  if (found === null) {
    checkJson(bytes.toString("utf8"));
    return undefined;
  }
  const { list } = found;
  if (list === undefined) return new CutBody(bytes, frames.around(bytes.toString("utf8")));
  const { around, headLength } = frames.read(bytes, list.start, list.end);
  return new CutBody(bytes, around, list, headLength);
}

/** The list that counts, if there is one; null where the body is no object of JSON. */
function findList<Derived extends object>(
  bytes: Buffer,
  start: number,
  key: string,
  readList: (at: number) => ElementList<Derived> | null,
): { readonly list: ElementList<Derived> | undefined } | null {
  let list: ElementList<Derived> | undefined;
  let at = skipSpaceBytes(bytes, start + 1);
  for (let isFirst = true; bytes[at] !== closeBrace || !isFirst; isFirst = false) {
    const name = nameAt(bytes, at);
    if (name === null) return null;
    const isList = name.name === key && bytes[name.valueStart] === openBracket;
    const read = isList ? readList(name.valueStart) : undefined;
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
