import { applyEdits, setMembers } from "../../wire/json-edit.ts";
import { elements, member, rootSpan, typeAt } from "../../wire/json-text.ts";
import { objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { textKeyOf } from "./content.ts";
import { argumentsKeyOf } from "./item-call.ts";

/** An event without its number: its type, and the members behind it as they stand in an object. */
export interface ToldEvent {
  readonly type: string;
  readonly members: string;
}

/** What an item's events say: what it is when it opens, and what comes before it closes. */
interface Told {
  readonly opening: readonly (readonly [name: string, json: string])[];
  readonly events: readonly ToldEvent[];
}

/**
 * The events that tell one item of a whole answer
 * (platform.openai.com/docs/api-reference/responses-streaming). Null where something in it has no place
 * in them.
 */
export function itemEvents(item: string, index: number): ToldEvent[] | null {
  const fields = objectOf(JSON.parse(item));
  if (fields === undefined) return null;
  const told = toldOf(item, fields);
  if (told === null) return null;
  // Events in between name the item by its id.
  const id = stringOf(fields["id"]) ?? "";
  if (id === "" && told.opening.length > 0) return null;
  const place = `"output_index":${index}`;
  const opened = applyEdits(item, setMembers(item, rootSpan(item), told.opening));
  return [
    { type: "response.output_item.added", members: `${place},"item":${opened}` },
    ...told.events.map(({ type, members }) => ({
      type: `response.${type}`,
      members: `"item_id":${JSON.stringify(id)},${place},${members}`,
    })),
    { type: "response.output_item.done", members: `${place},"item":${item}` },
  ];
}

/** Items that no client reads in pieces are whole in the events that open and close them. */
function toldOf(item: string, fields: JsonObject): Told | null {
  const begun = "status" in fields ? [["status", '"in_progress"'] as const] : [];
  switch (fields["type"]) {
    case "message":
      return toldMessage(item, begun);
    case "reasoning":
      return toldReasoning(item, begun);
    case "function_call":
    case "custom_tool_call":
      return toldCall(item, fields, begun);
    case "code_interpreter_call":
      return toldCode(item, fields, begun);
    default:
      return { opening: [], events: [] };
  }
}

function toldMessage(item: string, begun: Told["opening"]): Told | null {
  const parts = listOf(item, "content");
  if (parts === undefined) return null;
  const events: ToldEvent[] = [];
  for (const [at, part] of parts.entries()) {
    const told = partEvents(part, `"content_index":${at}`);
    if (told === null) return null;
    events.push(...told);
  }
  return { opening: [...begun, ["content", "[]"]], events };
}

/** A part that holds text in another way would come without the pieces that clients show. */
function partEvents(part: string, place: string): ToldEvent[] | null {
  const fields = objectOf(JSON.parse(part));
  if (fields === undefined) return null;
  const key = textKeyOf(fields);
  const { type } = fields;
  if (type === "output_text" && key === "text") return textEvents(part, place);
  if (type === "refusal" && key === "refusal")
    return pieces(part, place, { part: "content_part", key, of: type });
  return key === undefined ? partAround(part, part, place, "content_part", []) : null;
}

function textEvents(part: string, place: string): ToldEvent[] {
  const annotations = listOf(part, "annotations") ?? [];
  const logprobs = listOf(part, "logprobs");
  const text = textAt(part, "text");
  const chances = `"logprobs":[${(logprobs ?? []).join(",")}]`;
  const opening = withMembers(part, [
    ["text", '""'],
    ...(annotations.length === 0 ? [] : [["annotations", "[]"] as const]),
    ...(logprobs === undefined ? [] : [["logprobs", "[]"] as const]),
  ]);
  return partAround(part, opening, place, "content_part", [
    ...(text === '""' ? [] : [{ type: "output_text.delta", members: `${place},"delta":${text},${chances}` }]),
    ...annotations.map((one, at) => ({
      type: "output_text.annotation.added",
      members: `${place},"annotation_index":${at},"annotation":${one}`,
    })),
    { type: "output_text.done", members: `${place},"text":${text},${chances}` },
  ]);
}

/** A part whose text comes in one piece: `part` and `of` are what the events of it begin with. */
function pieces(
  part: string,
  place: string,
  names: { readonly part: string; readonly key: string; readonly of: string },
): ToldEvent[] {
  const text = textAt(part, names.key);
  const opening = withMembers(part, [[names.key, '""']]);
  return partAround(part, opening, place, names.part, [
    ...(text === '""' ? [] : [{ type: `${names.of}.delta`, members: `${place},"delta":${text}` }]),
    { type: `${names.of}.done`, members: `${place},"${names.key}":${text}` },
  ]);
}

function partAround(
  part: string,
  opening: string,
  place: string,
  name: string,
  events: readonly ToldEvent[],
): ToldEvent[] {
  return [
    { type: `${name}.added`, members: `${place},"part":${opening}` },
    ...events,
    { type: `${name}.done`, members: `${place},"part":${part}` },
  ];
}

function toldReasoning(item: string, begun: Told["opening"]): Told | null {
  const summary = listOf(item, "summary");
  if (summary === undefined) return null;
  const content = listOf(item, "content");
  const events = [
    ...summary.map((part, at) => reasoned(part, `"summary_index":${at}`, "summary_text")),
    ...(content ?? []).map((part, at) => reasoned(part, `"content_index":${at}`, "reasoning_text")),
  ];
  if (events.includes(null)) return null;
  const opening = [
    ...begun,
    ["summary", "[]"] as const,
    ...(content === undefined ? [] : [["content", "[]"] as const]),
  ];
  return { opening, events: events.flatMap((told) => told ?? []) };
}

function reasoned(part: string, place: string, type: "summary_text" | "reasoning_text"): ToldEvent[] | null {
  const fields = objectOf(JSON.parse(part));
  if (fields?.["type"] !== type || stringOf(fields["text"]) === undefined) return null;
  const ofSummary = { part: "reasoning_summary_part", key: "text", of: "reasoning_summary_text" };
  const ofContent = { part: "content_part", key: "text", of: "reasoning_text" };
  return pieces(part, place, type === "summary_text" ? ofSummary : ofContent);
}

/** A call that the token limit cut has no event that says its arguments were done. */
function toldCall(item: string, fields: JsonObject, begun: Told["opening"]): Told | null {
  const type = stringOf(fields["type"]) ?? "";
  const key = argumentsKeyOf(type);
  if (stringOf(fields[key]) === undefined) return null;
  const text = textAt(item, key);
  const name = type === "function_call" ? `,"name":${textAt(item, "name")}` : "";
  const events = [
    ...(text === '""' ? [] : [{ type: `${type}_${key}.delta`, members: `"delta":${text}` }]),
    ...(fields["status"] === "incomplete"
      ? []
      : [{ type: `${type}_${key}.done`, members: `"${key}":${text}${name}` }]),
  ];
  return { opening: [...begun, [key, '""']], events };
}

/** The AI SDK makes its call of the event that ends the code. */
function toldCode(item: string, fields: JsonObject, begun: Told["opening"]): Told {
  if (stringOf(fields["code"]) === undefined) return { opening: [], events: [] };
  const code = textAt(item, "code");
  return {
    opening: [...begun, ["code", '""'], ["outputs", "null"]],
    events: [
      ...(code === '""' ? [] : [{ type: "code_interpreter_call_code.delta", members: `"delta":${code}` }]),
      { type: "code_interpreter_call_code.done", members: `"code":${code}` },
    ],
  };
}

function withMembers(text: string, values: Told["opening"]): string {
  return applyEdits(text, setMembers(text, rootSpan(text), values));
}

/** The JSON text of a member, `null` where there is none. */
function textAt(object: string, name: string): string {
  const span = member(object, rootSpan(object), name);
  return span === undefined ? "null" : object.slice(span.start, span.end);
}

/** The elements of a list as JSON texts, or undefined where there is no list. */
function listOf(object: string, name: string): string[] | undefined {
  const span = member(object, rootSpan(object), name);
  if (span === undefined || typeAt(object, span) !== "array") return undefined;
  return elements(object, span).map(({ start, end }) => object.slice(start, end));
}
