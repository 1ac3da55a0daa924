// Server-sent events as bytes: https://html.spec.whatwg.org/multipage/server-sent-events.html

/**
 * One server-sent event, or one comment, as the bytes that came (its closing blank line included).
 * Joining the bytes of all frames gives back the stream byte for byte, however it was cut.
 */
export interface Frame {
  readonly bytes: Uint8Array;
  /** True where the frame has no `data` and no `event` line (comments, stray blank lines). */
  readonly isComment: boolean;
  /** The `event:` field, or undefined. Decoded when first asked for. */
  readonly event: string | undefined;
  /** The `data:` lines joined by a line feed, or undefined. Decoded when first asked for. */
  readonly data: string | undefined;
}

/** The stream cannot be split, or not in one way: a frame is larger than allowed, or a line is ambiguous. */
export class SseError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = "SseError";
  }
}

interface Fields {
  readonly event: string | undefined;
  readonly data: string | undefined;
}

class ByteFrame implements Frame {
  readonly bytes: Uint8Array;
  #atStreamStart: boolean;
  #fields: Fields | undefined;

  constructor(bytes: Uint8Array, atStreamStart: boolean) {
    this.bytes = bytes;
    this.#atStreamStart = atStreamStart;
  }

  #read(): Fields {
    this.#fields ??= readFields(textOf(this.bytes, this.#atStreamStart));
    return this.#fields;
  }

  get event(): string | undefined {
    return this.#read().event;
  }

  get data(): string | undefined {
    return this.#read().data;
  }

  get isComment(): boolean {
    const { event, data } = this.#read();
    return event === undefined && data === undefined;
  }
}

function textOf(bytes: Uint8Array, atStreamStart: boolean): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  // Only the first character of the stream can be a byte order mark; later it is part of a name.
  return atStreamStart && text.startsWith("\ufeff") ? text.slice(1) : text;
}

function readFields(text: string): Fields {
  // Nearly every frame of a model's stream is one `data` line.
  if (text.startsWith("data: ") && text.indexOf("\n") === text.length - 2 && !text.includes("\r")) {
    return { event: undefined, data: text.slice(6, -2) };
  }
  let event: string | undefined;
  const values: string[] = [];
  for (const line of text.split(/\r\n|\n|\r/)) {
    // The standard ignores such a line; OpenAI's SDK decodes line by line, and reads what stands behind it.
    if (line.startsWith("\ufeff")) throw new SseError("A line begins with a byte order mark.");
    const end = line.indexOf(":");
    const name = end === -1 ? line : line.slice(0, end);
    if (name !== "data" && name !== "event") continue;
    const value = end === -1 ? "" : line.slice(line[end + 1] === " " ? end + 2 : end + 1);
    if (name === "data") values.push(value);
    else event = value;
  }
  return { event, data: values.length === 0 ? undefined : values.join("\n") };
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The line ends of a chunk: each of both characters is looked for once, however many the other has. */
class LineEnds {
  readonly #chunk: Uint8Array;
  #feed = 0;
  #return = 0;

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk;
    this.#feed = this.#find(lineFeed, 0);
    this.#return = this.#find(carriageReturn, 0);
  }

  #find(code: number, from: number): number {
    const index = this.#chunk.indexOf(code, from);
    return index === -1 ? this.#chunk.length : index;
  }

  /** The first line end at or behind `from`: LF, CR or CRLF. */
  next(from: number): { start: number; end: number } | undefined {
    if (this.#feed < from) this.#feed = this.#find(lineFeed, from);
    if (this.#return < from) this.#return = this.#find(carriageReturn, from);
    const start = Math.min(this.#feed, this.#return);
    if (start === this.#chunk.length) return undefined;
    const pair = start === this.#return && this.#chunk[start + 1] === lineFeed;
    return { start, end: pair ? start + 2 : start + 1 };
  }
}

/**
 * Cuts a stream into frames, without decoding. Lines end with LF, CRLF or CR. A frame that lies
 * inside one chunk is a view on that chunk.
 *
 * A CR that ends a chunk ends its frame at once: nobody can say when the next byte comes. If that
 * byte is the LF of a CRLF, it is a frame of its own, a stray blank line, which nothing minds. Not so
 * where the line before ended with CRLF: then the LF is sure to come, and a frame that is held back
 * without it would leave a stream that some clients cannot split.
 */
export class FrameSplitter {
  readonly #frameBytesMax: number;
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  /** The bytes of the current line so far are none. */
  #atLineStart = true;
  #afterReturn = false;
  /** The last line that ended did so with CRLF. */
  #inPairs = false;
  /** All of a frame is there but the LF of its last CRLF. */
  #awaitsFeed = false;
  #atStreamStart = true;

  constructor({ frameBytesMax }: { frameBytesMax: number }) {
    this.#frameBytesMax = frameBytesMax;
  }

  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    if (chunk.length === 0) return frames;
    const lines = new LineEnds(chunk);
    let at = this.#afterReturn && chunk[0] === lineFeed ? 1 : 0;
    let start = 0;
    if (this.#awaitsFeed || (at === 1 && this.#pendingBytes === 0)) {
      this.#awaitsFeed = false;
      frames.push(this.#frame(chunk.subarray(0, at)));
      start = at;
    }
    if (this.#afterReturn) this.#inPairs = at === 1;
    this.#afterReturn = chunk.at(-1) === carriageReturn;
    for (let line = lines.next(at); line !== undefined; line = lines.next(at)) {
      const isBlank = this.#atLineStart && line.start === at;
      at = line.end;
      if (!this.#endsFrame(line, isBlank, at === chunk.length)) continue;
      frames.push(this.#frame(chunk.subarray(start, at)));
      start = at;
    }
    if (at < chunk.length) this.#atLineStart = false;
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return frames;
  }

  #endsFrame(line: { start: number; end: number }, isBlank: boolean, isLast: boolean): boolean {
    this.#atLineStart = true;
    const mayGoOn = isLast && this.#afterReturn;
    this.#awaitsFeed = isBlank && mayGoOn && this.#inPairs;
    if (!mayGoOn) this.#inPairs = line.end === line.start + 2;
    return isBlank && !this.#awaitsFeed;
  }

  /** The bytes of a frame that was begun and not ended, or null. */
  end(): Uint8Array | null {
    if (this.#pendingBytes === 0) return null;
    const rest = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#pendingBytes = 0;
    return rest;
  }

  #frame(lastPiece: Uint8Array): Frame {
    let bytes = lastPiece;
    if (this.#pendingBytes > 0) {
      this.#keep(lastPiece);
      bytes = Buffer.concat(this.#pieces);
      this.#pieces = [];
      this.#pendingBytes = 0;
    }
    this.#limit(bytes.length);
    const frame = new ByteFrame(bytes, this.#atStreamStart);
    this.#atStreamStart = false;
    return frame;
  }

  #keep(piece: Uint8Array): void {
    this.#limit(this.#pendingBytes + piece.length);
    this.#pieces.push(piece);
    this.#pendingBytes += piece.length;
  }

  #limit(bytes: number): void {
    if (bytes > this.#frameBytesMax) {
      throw new SseError(`A frame of the stream is larger than ${this.#frameBytesMax} bytes.`);
    }
  }
}

/** A frame of text that is one whole frame, its blank line included. */
export function frameOf(text: string): Frame {
  return new ByteFrame(Buffer.from(text, "utf8"), false);
}

/**
 * The frames of a stream that is there as a whole. What stands behind the last blank line is one, too:
 * some servers leave the final one out.
 */
export function framesIn(stream: string): Frame[] {
  const splitter = new FrameSplitter({ frameBytesMax: Number.POSITIVE_INFINITY });
  const frames = splitter.push(Buffer.from(stream, "utf8"));
  const rest = splitter.end();
  if (rest === null) return frames;
  const text = Buffer.from(rest).toString("utf8");
  return [...frames, frameOf(text.endsWith("\n") ? `${text}\n` : `${text}\n\n`)];
}

/** One event as bytes. Line ends inside `data` become several `data` lines. */
export function eventFrame({ event, data }: { event?: string; data: string }): Uint8Array {
  const name = event === undefined ? "" : `event: ${oneLine(event)}\n`;
  const lines = data.split(/\r\n|\n|\r/).map((line) => `data: ${line}\n`);
  return Buffer.from(`${name}${lines.join("")}\n`, "utf8");
}

/** One comment as bytes. Without the blank line behind it, an SDK would lose the next event. */
export function commentFrame(text: string): Uint8Array {
  return Buffer.from(`: ${oneLine(text)}\n\n`, "utf8");
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ");
}
