import { applyEdits, setMembers } from "../../wire/json-edit.ts";
import { rootSpan } from "../../wire/json-text.ts";
import { cutFrames } from "../cut-frames.ts";
import { ifReadable } from "../if-readable.ts";
import { withWholeCalls } from "../whole-calls.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { eventOf, opening, type StreamEvent } from "./stream-event.ts";
import { ResponseStreamReader } from "./stream-reader.ts";
import type { StreamedItem } from "./streamed-item.ts";
import { responseIn } from "./whole-of-stream.ts";

/**
 * As `TurnForms.cutShort`: the response with the items that were closed, and what there is of the text of one
 * that was not.
 */
export function cutShort(stream: string): string | null {
  return ifReadable(() => {
    const reader = new ResponseStreamReader();
    const frames = cutFrames(stream, reader);
    const events = (frames ?? []).map(eventOf).filter((event) => event.kind === "event");
    const begun = events.findLast(({ type }: StreamEvent) => opening.has(type));
    const response = begun === undefined ? null : responseIn(begun);
    if (response === null) return null;
    const items = reader.items.flatMap((item) => (item.closed ? [item.raw] : textOf(item)));
    const edits = setMembers(response, rootSpan(response), [
      ["status", '"incomplete"'],
      ["incomplete_details", '{"reason":"max_output_tokens"}'],
      ["output", `[${items.join(",")}]`],
    ]);
    return withWholeCalls(applyEdits(response, edits), { readAnswer, editAnswer });
  });
}

/** A message that was not closed, as far as it came. */
function textOf({ fields, text }: StreamedItem): string[] {
  if (fields["type"] !== "message" || text === "") return [];
  const content = [{ type: "output_text", text, annotations: [] }];
  return [JSON.stringify({ ...fields, status: "incomplete", content })];
}
