import { fstatSync, write as writeFile } from "node:fs";
import { Socket } from "node:net";

/** Bytes that wait for a slow reader at most; lines beyond are dropped, and counted. */
const waitingBytesMax = 4 * 1024 * 1024;

/** How long a line waits for others, ms: a write costs as much as making many lines. */
const gatherMs = 20;

/** Lines that are put into words and written in one go at most: making them must not hold up the process. */
const batchLinesMax = 256;
/** What a line counts that is not made yet: most are shorter. */
const unmadeBytes = 512;

/** A line with its line feed, or what makes it: side by side with others that costs less. */
export type Line = string | (() => string);

/** Writes lines to a file descriptor without ever holding up the process. */
export interface LineWriter {
  /** An urgent line is written at once, with all that wait; others may wait a moment for more. */
  readonly write: (line: Line, isUrgent?: boolean) => void;
  /** Resolves when all lines are written, when no more can be, or after `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<void>;
}

/**
 * Node's own stdout and stderr block the event loop while a pipe or a terminal is full
 * (https://nodejs.org/api/process.html#a-note-on-process-io), so a stalled reader of the log would
 * stall every exchange. Here one write at a time goes on beside the event loop. A closed pipe ends
 * the log and nothing else; a slow one loses lines, and the log then says how many.
 *
 * Nothing else in this process may write to the descriptor while lines are waiting.
 */
export function openLineWriter(fd: number): LineWriter {
  return lineWriter(putterFor(fd));
}

/** The same for what takes bytes in any other way; `put` is never called again before it is done. */
export function lineWriter(put: Put): LineWriter {
  const lines = new WaitingLines(put);
  return {
    write: (line, isUrgent = false) => lines.add(line, isUrgent),
    flush: (timeoutMs) => lines.flush(timeoutMs),
  };
}

class WaitingLines {
  readonly #put: Put;
  #waiting: Line[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #isBusy = false;
  #isClosed = false;
  #isUrgent = false;
  #gathering: NodeJS.Timeout | null = null;
  #flushers: (() => void)[] = [];

  constructor(put: Put) {
    this.#put = put;
  }

  add(line: Line, isUrgent: boolean): void {
    if (this.#isClosed) return;
    const bytes = sizeOf(line);
    if (this.#waitingBytes + bytes > waitingBytesMax) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    this.#isUrgent ||= isUrgent;
    this.#goOn();
  }

  async flush(timeoutMs: number): Promise<void> {
    if (!this.#isBusy) this.#next();
    if (!this.#isBusy) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flushers.push(resolve);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
  }

  #goOn(): void {
    if (this.#isBusy) return;
    const isFull = this.#waiting.length >= batchLinesMax;
    if (isFull || this.#isUrgent || this.#flushers.length > 0) this.#next();
    else if (this.#waiting.length > 0) this.#gathering ??= setTimeout(() => this.#next(), gatherMs);
  }

  #next(): void {
    clearTimeout(this.#gathering ?? undefined);
    this.#gathering = null;
    if (this.#dropped > 0) {
      const said = { level: "warn", what: "log lines dropped", dropped: this.#dropped };
      const line = `${JSON.stringify(said)}\n`;
      // It may be over the bound, but it counts: else the bound would rise with each of them.
      this.#waiting.push(line);
      this.#waitingBytes += sizeOf(line);
    }
    if (this.#waiting.length === 0) return this.#rest();
    this.#dropped = 0;
    this.#isBusy = true;
    this.#put(this.#batch(), (error) => {
      this.#isBusy = false;
      if (error === null) return this.#goOn();
      // EPIPE, EBADF, ENOSPC: there is nobody left to tell.
      this.#isClosed = true;
      this.#waiting = [];
      this.#rest();
    });
  }

  #batch(): Buffer {
    const lines = this.#waiting.splice(0, batchLinesMax);
    if (this.#waiting.length === 0) {
      this.#waitingBytes = 0;
      this.#isUrgent = false;
    } else for (const line of lines) this.#waitingBytes -= sizeOf(line);
    return Buffer.from(lines.map((line) => (typeof line === "string" ? line : line())).join(""));
  }

  #rest(): void {
    for (const resolve of this.#flushers) resolve();
    this.#flushers = [];
  }
}

function sizeOf(line: Line): number {
  return typeof line === "string" ? Buffer.byteLength(line) : unmadeBytes;
}

/** Takes bytes, and says when it is done with them. */
export type Put = (bytes: Buffer, done: (error: Error | null) => void) => void;

/**
 * A pipe is written by libuv's own polling: on a thread, a full one would keep the process from
 * exiting. Files and terminals cannot be polled, and are written on a thread.
 */
function putterFor(fd: number): Put {
  if (!isPolled(fd)) return (bytes, done) => putFile(fd, bytes, done);
  const socket = new Socket({ fd, readable: false, writable: true });
  // Each failed write is told to its caller; without a listener the same error would end the process.
  socket.on("error", () => {});
  return (bytes, done) => void socket.write(bytes, (error) => done(error ?? null));
}

function putFile(fd: number, bytes: Buffer, done: (error: Error | null) => void): void {
  writeFile(fd, bytes, 0, bytes.length, null, (error, written) => {
    if (error !== null || written === bytes.length) done(error);
    else putFile(fd, bytes.subarray(written), done);
  });
}

function isPolled(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    // The descriptor is closed: the first write says so.
    return false;
  }
}
