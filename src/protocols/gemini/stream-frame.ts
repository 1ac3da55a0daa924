import { rootSpan } from "../../wire/json-text.ts";
import type { Frame } from "../../wire/sse.ts";
import { errorIn, readChunk, readingAnswer, type Chunk } from "./chunk.ts";

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
  return errorIn(chunk.body) === undefined ? { kind: "chunk", chunk } : { kind: "error" };
}

/**
 * One event as bytes. The API ends lines with CRLF. Its SDK reads no `data` in several lines, so line
 * ends in the JSON, where they are only space, become spaces.
 */
export function dataFrame(json: string): Uint8Array {
  return Buffer.from(`data: ${json.replaceAll(/[\r\n]+/g, " ")}\r\n\r\n`, "utf8");
}
