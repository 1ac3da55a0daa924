import type { LongstopError } from "../../exchange/error.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { FrameSplitter } from "../../wire/sse.ts";
import type { Recording } from "./recording.ts";

/**
 * The event that ends a stream of which a client has the first `position` bytes; null where that is a piece
 * of an event, or nobody can tell: then there is nothing to write behind it.
 */
export function lastWords(
  words: Pick<Protocol, "openReader" | "openWriter">,
  recording: Recording,
  position: number,
  error: LongstopError,
): Uint8Array | null {
  if (recording.forgotten > 0) return null;
  const bytes = recording.whole().subarray(0, position);
  const splitter = new FrameSplitter({ frameBytesMax: Math.max(bytes.byteLength, 1) });
  const reader = words.openReader();
  const writer = words.openWriter();
  try {
    // The error has its place in the stream, such as a number, by what came before it.
    for (const frame of splitter.push(bytes)) writer.pass(frame, reader.read(frame));
    return splitter.end() === null ? writer.error(error) : null;
  } catch {
    return null;
  }
}
