import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Faults } from "./answer.ts";

/** What would be sent if nothing went wrong. The frames of a stream, or one piece for a whole body. */
export interface Delivery {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly Buffer[];
  readonly streamed: boolean;
}

/** How an answer ended: as scripted in full, cut as scripted, held back for ever, or left by the client. */
export type Outcome = "sent" | "cut" | "silent" | "client-gone";

export async function deliver(res: ServerResponse, delivery: Delivery, faults: Faults): Promise<Outcome> {
  const gone = new AbortController();
  res.once("close", () => gone.abort());
  if (faults.silent === true) {
    await new Promise<void>((closed) => res.once("close", closed));
    return "silent";
  }
  try {
    if (faults.delayMs !== undefined) await sleep(faults.delayMs, undefined, { signal: gone.signal });
    if (faults.dropBeforeHeaders === true) return breakOff(res);
    const { frames, headers } = encoded(delivery, faults);
    res.writeHead(delivery.status, headers);
    res.flushHeaders();
    const isCut = await writeFrames(res, frames, faults, gone.signal);
    // A declared length that is too long leaves the client waiting until the connection goes.
    if ((isCut && faults.cut !== "end") || (faults.contentLengthOff ?? 0) !== 0) return breakOff(res);
    await new Promise<void>((ended) => res.end(ended));
    return isCut ? "cut" : "sent";
  } catch (cause) {
    if (gone.signal.aborted) return "client-gone";
    throw cause;
  }
}

function breakOff(res: ServerResponse): Outcome {
  res.socket?.destroy();
  return "cut";
}

function encoded(
  delivery: Delivery,
  faults: Faults,
): { frames: readonly Buffer[]; headers: Record<string, string> } {
  const headers: Record<string, string> = { ...delivery.headers };
  let frames = delivery.frames;
  if (faults.gzip === true) {
    frames = [gzipSync(Buffer.concat(frames))];
    headers["content-encoding"] = "gzip";
  }
  if (!delivery.streamed || faults.contentLengthOff !== undefined) {
    const length = frames.reduce((sum, frame) => sum + frame.length, 0) + (faults.contentLengthOff ?? 0);
    headers["content-length"] = String(length);
  }
  return { frames, headers };
}

/** True where the body was cut before its end. */
async function writeFrames(
  res: ServerResponse,
  frames: readonly Buffer[],
  faults: Faults,
  signal: AbortSignal,
): Promise<boolean> {
  let bytesLeft = faults.cutAfterBytes ?? Infinity;
  for (const [index, frame] of frames.entries()) {
    if (index === faults.cutAfterEvents) return true;
    if (index > 0 && faults.eventDelayMs !== undefined)
      await sleep(faults.eventDelayMs, undefined, { signal });
    const part = frame.subarray(0, bytesLeft);
    const step = faults.chunkBytes ?? part.length;
    for (let at = 0; at < part.length; at += step) await written(res, part.subarray(at, at + step), signal);
    bytesLeft -= part.length;
    if (part.length < frame.length) return true;
  }
  return false;
}

/** Waits until the bytes are handed to the kernel, so that a cut behind them does not swallow them. */
async function written(res: ServerResponse, bytes: Buffer, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((done, fail) => {
    res.write(bytes, (cause) => (cause ? fail(cause) : done()));
  });
}
