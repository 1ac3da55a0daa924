import { rootSpan } from "../../wire/json-text.ts";
import type { Frame } from "../../wire/sse.ts";
import { errorIn, readChunk, readingAnswer, unreadable, type Chunk } from "./chunk.ts";

/** What one frame of a stream says. */
export type StreamPiece =
  | { readonly kind: "nothing" }
  | { readonly kind: "done" }
  | { readonly kind: "error" }
  | { readonly kind: "chunk"; readonly chunk: Chunk };

/** Reads one frame that is no comment. */
export function pieceIn(frame: Frame): StreamPiece {
  const text = frame.data?.trim() ?? "";
  if (text === "") return { kind: "nothing" };
  // Not of the API itself, but of servers that only speak like it.
  if (text === "[DONE]") return { kind: "done" };
  const chunk = readingAnswer(() => readChunk(text, rootSpan(text)));
  const error = errorIn(chunk.body);
  if (error === undefined) return { kind: "chunk", chunk };
  // An error leaves as it came, and not every client looks for it first.
  if (chunk.candidates.some(({ parts }) => parts.some(({ call }) => call !== undefined)))
    throw unreadable(error);
  return { kind: "error" };
}

/**
 * One event as bytes. The API ends lines with CRLF. Its SDK reads no `data` in several lines, so line
 * ends in the JSON, where they are only space, become spaces.
 */
export function dataFrame(json: string): Uint8Array {
  return Buffer.from(`data: ${json.replaceAll(/[\r\n]+/g, " ")}\r\n\r\n`, "utf8");
}
