import { applyEdits, setMember, type TextEdit } from "../../wire/json-edit.ts";
import { member, rootSpan, typeAt } from "../../wire/json-text.ts";
import { numberOf, objectOf, stringOf } from "../../wire/json-value.ts";
import { eventFrame } from "../../wire/sse.ts";
import { argumentsKeyOf } from "./item-call.ts";
import { rewriteItem } from "./output-edit.ts";
import type { ShownItems } from "./shown-items.ts";
import type { StreamEvent } from "./stream-event.ts";
import type { StreamedItem } from "./streamed-item.ts";
import { indexOf } from "./streamed-items.ts";
import { isFragment } from "./turn-plan.ts";

/** Edits that give an event the number and the id that the client knows its item by. */
export function placeEdits(event: StreamEvent, index: number | undefined, shown: ShownItems): TextEdit[] {
  const { text, body } = event;
  const root = rootSpan(text);
  const edits: TextEdit[] = [];
  if (index !== undefined && index !== indexOf(event)) {
    edits.push(setMember(text, root, "output_index", String(index)));
  }
  const itemId = stringOf(body["item_id"]);
  if (itemId !== undefined && shown.idOf(itemId) !== itemId) {
    edits.push(setMember(text, root, "item_id", JSON.stringify(shown.idOf(itemId))));
  }
  const id = stringOf(objectOf(body["item"])?.["id"]);
  const item = id === undefined || shown.idOf(id) === id ? undefined : member(text, root, "item");
  if (item !== undefined && id !== undefined) {
    edits.push(setMember(text, item, "id", JSON.stringify(shown.idOf(id))));
  }
  return edits;
}

/** Edits that give a call in an event other arguments. */
export function callEdits(event: StreamEvent, argumentsText: string): TextEdit[] {
  const { text, type } = event;
  const root = rootSpan(text);
  if (isFragment(event)) return [setMember(text, root, "delta", JSON.stringify(argumentsText))];
  if (type.endsWith("_arguments.done"))
    return [setMember(text, root, "arguments", JSON.stringify(argumentsText))];
  if (type.endsWith("_input.done")) return [setMember(text, root, "input", JSON.stringify(argumentsText))];
  const item = member(text, root, "item");
  if (item === undefined || typeAt(text, item) !== "object") return [];
  return [rewriteItem(text, item, type === "response.output_item.added" ? "" : argumentsText)];
}

/** The one piece of a call whose provider gave none: it goes out behind the event that opens the item. */
export function madePiece(opening: StreamEvent, item: StreamedItem, argumentsText: string): Uint8Array {
  const body = objectOf(JSON.parse(opening.text)) ?? {};
  const kind = stringOf(item.fields["type"]) ?? "function_call";
  const type = `response.${kind}_${argumentsKeyOf(kind)}.delta`;
  const data = {
    type,
    ...(numberOf(body["sequence_number"]) !== undefined && { sequence_number: body["sequence_number"] }),
    item_id: objectOf(body["item"])?.["id"] ?? "",
    output_index: body["output_index"],
    delta: argumentsText,
  };
  return eventFrame({ event: type, data: JSON.stringify(data) });
}

/** An event's text with edits, as an event again. */
export function editedEvent(event: StreamEvent, edits: readonly TextEdit[]): StreamEvent {
  const text = applyEdits(event.text, edits);
  return text === event.text ? event : { ...event, text, body: objectOf(JSON.parse(text)) ?? {} };
}
