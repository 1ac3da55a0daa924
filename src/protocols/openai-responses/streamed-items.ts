import { elements, member, rootSpan, typeAt } from "../../wire/json-text.ts";
import { numberOf, objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { opening, terminal, type StreamEvent } from "./stream-event.ts";
import { isClientCall } from "./item-call.ts";
import { StreamedItem } from "./streamed-item.ts";

/** The type of an item whose opening event was not seen, by the events that go on with it. */
const typeByEvent: readonly (readonly [prefix: string, type: string])[] = [
  ["response.function_call_arguments.", "function_call"],
  ["response.custom_tool_call_input.", "custom_tool_call"],
  ["response.output_text.", "message"],
  ["response.refusal.", "message"],
];

/**
 * Tells which item each event of a stream belongs to. The same rule serves the reading and the writing
 * of a stream, so that what was judged is what is changed.
 */
export class StreamedItems {
  /** In the order in which they came. */
  readonly items: StreamedItem[] = [];
  readonly #byIndex = new Map<number | string, StreamedItem>();
  /** True once the stream's own beginning was seen. */
  #fromStart = false;

  /** Takes an event in, and gives the item that it belongs to. */
  take(event: StreamEvent): StreamedItem | undefined {
    const { type, body } = event;
    if (opening.has(type) || terminal.has(type)) {
      if (opening.has(type)) this.#fromStart = true;
      // What a failed answer had so far is of no use, and need not be whole.
      if (type !== "response.failed") this.#takeOutput(event);
      return undefined;
    }
    if (type === "response.output_item.added") return this.#open(event, true);
    const item = this.find(event) ?? this.#resume(event);
    if (type === "response.output_item.done") {
      const whole = itemIn(event);
      if (item === undefined) return this.#close(this.#open(event, this.#fromStart));
      if (whole !== undefined) item.takeWhole(whole.raw, whole.fields);
      return this.#close(item);
    }
    if (item === undefined) return undefined;
    item.takePiece(type, body);
    return item;
  }

  #open(event: StreamEvent, opened: boolean): StreamedItem | undefined {
    const whole = itemIn(event);
    if (whole === undefined) return undefined;
    const index = indexOf(event);
    return this.#add(new StreamedItem(index, opened, whole.raw, whole.fields), index ?? idOf(whole.fields));
  }

  #close(item: StreamedItem | undefined): StreamedItem | undefined {
    if (item !== undefined) item.closed = true;
    return item;
  }

  #add(item: StreamedItem, key: number | string): StreamedItem {
    this.items.push(item);
    this.#byIndex.set(key, item);
    return item;
  }

  /** The item that an event goes on with, as far as it was taken in. */
  find(event: StreamEvent): StreamedItem | undefined {
    return this.#byIndex.get(indexOf(event) ?? stringOf(event.body["item_id"]) ?? "");
  }

  /** An item of which the beginning was not seen. */
  #resume(event: StreamEvent): StreamedItem | undefined {
    const index = indexOf(event);
    const id = stringOf(event.body["item_id"]) ?? "";
    const type = typeByEvent.find(([prefix]) => event.type.startsWith(prefix))?.[1];
    if (type === undefined || (index === undefined && id === "")) return undefined;
    const fields = { type, id };
    return this.#add(new StreamedItem(index, false, JSON.stringify(fields), fields), index ?? id);
  }

  /** The order of an item among the calls that the client executes, or -1. */
  positionOf(item: StreamedItem): number {
    return this.items.filter(({ callsClient }) => callsClient).indexOf(item);
  }

  /**
   * The items of a whole response. One that was not streamed is taken up: some servers give calls
   * nowhere else, and the SDK believes what the last event says.
   */
  #takeOutput({ text }: StreamEvent): void {
    for (const [index, { raw, fields }] of outputIn(text).entries()) {
      const item = this.matching(fields, index);
      if (item !== undefined) item.takeWhole(raw, fields);
      else if (this.#fromStart || isClientCall(fields)) {
        const added = new StreamedItem(index, true, raw, fields);
        added.closed = true;
        this.#add(added, `output ${index}`);
      }
    }
  }

  /** The item that an element of a response's output is: by its id, that of its call, or its place. */
  matching(element: JsonObject, index: number): StreamedItem | undefined {
    const alike = this.items.filter(({ fields }) => fields["type"] === element["type"]);
    for (const key of ["id", "call_id"]) {
      const id = element[key];
      if (typeof id !== "string" || id === "") continue;
      const same = alike.filter(({ fields }) => fields[key] === id);
      if (same.length === 1) return same[0];
      if (same.length === 0 && key === "id") return undefined;
    }
    return alike.find(({ outputIndex }) => outputIndex === index);
  }
}

function idOf(fields: JsonObject): string {
  return stringOf(fields["id"]) ?? stringOf(fields["call_id"]) ?? "";
}

export function indexOf(event: StreamEvent): number | undefined {
  return numberOf(event.body["output_index"]);
}

export function itemIn({ text, body }: StreamEvent): { raw: string; fields: JsonObject } | undefined {
  const fields = objectOf(body["item"]);
  const span = fields === undefined ? undefined : member(text, rootSpan(text), "item");
  return fields === undefined || span === undefined
    ? undefined
    : { raw: text.slice(span.start, span.end), fields };
}

/** The items of the response in an event, as JSON texts and parsed. */
function outputIn(text: string): { raw: string; fields: JsonObject }[] {
  const root = rootSpan(text);
  const response = member(text, root, "response");
  const output =
    response === undefined || typeAt(text, response) !== "object"
      ? undefined
      : member(text, response, "output");
  if (output === undefined || typeAt(text, output) !== "array") return [];
  return elements(text, output).flatMap((span) => {
    const raw = text.slice(span.start, span.end);
    return objectsOf([JSON.parse(raw)]).map((fields) => ({ raw, fields }));
  });
}
