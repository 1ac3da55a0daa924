import { constants, fstatSync, openSync, write as writeFd } from "node:fs";

/** Bytes that wait for a slow reader at most; lines beyond are dropped, and counted. */
const waitingBytesMax = 4 * 1024 * 1024;
/** How long a full pipe is left alone before the next try, ms. */
const fullPipeWaitMs = 20;

/** Writes lines to a file descriptor without ever holding up the process. */
export interface LineWriter {
  readonly write: (line: string) => void;
  /** Resolves when all lines are written, when no more can be, or after `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<void>;
}

/**
 * Node's own stdout and stderr block the event loop while a terminal or a pipe is full
 * (https://nodejs.org/api/process.html#a-note-on-process-io), so a stalled reader of the log would
 * stall every exchange. Here one write at a time runs beside the event loop. A closed pipe ends the
 * log and nothing else; a slow one loses lines, and the log then says how many.
 */
export function openLineWriter(descriptor: number): LineWriter {
  const fd = withoutBlocking(descriptor);
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let busy = false;
  let closed = false;
  let idle: (() => void)[] = [];

  const rest = (): void => {
    busy = false;
    const waiters = idle;
    idle = [];
    for (const resolve of waiters) resolve();
  };
  const begin = (): void => {
    if (waiting.length === 0 && dropped === 0) return rest();
    if (dropped > 0)
      waiting.push(Buffer.from(`${JSON.stringify({ level: "warn", what: "log lines dropped", dropped })}\n`));
    const batch = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    dropped = 0;
    put(batch);
  };
  const put = (bytes: Buffer): void => {
    busy = true;
    writeFd(fd, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === "EAGAIN") {
        setTimeout(put, fullPipeWaitMs, bytes).unref();
      } else if (error !== null) {
        // EPIPE, EBADF, ENOSPC: there is nobody left to tell.
        closed = true;
        waiting = [];
        rest();
      } else if (written < bytes.length) put(bytes.subarray(written));
      else begin();
    });
  };
  return {
    write(line) {
      if (closed) return;
      const bytes = Buffer.from(line);
      if (waitingBytes + bytes.length > waitingBytesMax) {
        dropped += 1;
        return;
      }
      waiting.push(bytes);
      waitingBytes += bytes.length;
      if (!busy) begin();
    },
    async flush(timeoutMs) {
      if (!busy) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      idle.push(resolve);
      const timer = setTimeout(resolve, timeoutMs);
      await promise;
      clearTimeout(timer);
    },
  };
}

/**
 * The same pipe or terminal, opened again so that a full one says so at once. Otherwise the write
 * waits on one of libuv's threads, and the process cannot exit before the reader goes on. A regular
 * file never fills up in this sense, and opened twice it would have two positions.
 */
function withoutBlocking(fd: number): number {
  try {
    const stat = fstatSync(fd);
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return fd;
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    // No /proc here, or the descriptor is closed: the first write will tell.
    return fd;
  }
}
