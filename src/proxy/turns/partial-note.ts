import { commentFrame } from "../../wire/sse.ts";

/** The header of an error by whose value the part of the answer that had come is found. */
export const partialHeader = "longstop-partial";

/** What it begins with there. In the JSON of an event no line does. */
export const partialMark = ': longstop {"partial":';

/** The same on a stream, where it stands before the error event. */
export function partialComment(partial: string): Uint8Array {
  return commentFrame(`longstop ${JSON.stringify({ partial })}`);
}
