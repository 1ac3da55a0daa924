import { fragments, isObject, objects, type Json, type Piece } from "./answer.ts";

/** One event of a stream, its number excepted. */
export type Event = { readonly type: string } & Json;

/** The events that make one item of the output. */
export function itemEvents(item: Json, index: number, piece: Piece | undefined): Event[] {
  const at = { item_id: item["id"], output_index: index };
  return [
    { type: "response.output_item.added", output_index: index, item: begun(item) },
    ...inner(item, at, piece),
    { type: "response.output_item.done", output_index: index, item },
  ];
}

/** The item as it is before anything of it was said. */
function begun(item: Json): Json {
  const status = "status" in item ? { status: "in_progress" } : {};
  switch (item["type"]) {
    case "message":
      return { ...item, ...status, content: [] };
    case "function_call":
    case "mcp_call":
      return { ...item, ...status, arguments: "" };
    case "custom_tool_call":
      return { ...item, ...status, input: "" };
    case "reasoning":
      return { ...item, summary: [] };
    default:
      return { ...item, ...status };
  }
}

function inner(item: Json, at: Json, piece: Piece | undefined): Event[] {
  switch (item["type"]) {
    case "message":
      return objects(item["content"]).flatMap((part, index) =>
        partEvents(part, { ...at, content_index: index }, spelledText(piece)),
      );
    case "function_call":
      return callEvents("function_call_arguments", "arguments", item, at);
    case "mcp_call":
      return callEvents("mcp_call_arguments", "arguments", item, at);
    case "custom_tool_call":
      return callEvents("custom_tool_call_input", "input", item, at);
    case "reasoning":
      return objects(item["summary"]).flatMap((part, index) =>
        summaryEvents(part, { ...at, summary_index: index }, spelledText(piece)),
      );
    default:
      return [];
  }
}

function spelledText(piece: Piece | undefined): readonly string[] | undefined {
  if (piece === undefined) return undefined;
  const text = "text" in piece ? piece.text : "thinking" in piece ? piece.thinking : undefined;
  return text === undefined ? undefined : fragments(text);
}

/** A call that the token limit cut has no event that ends its arguments. */
function callEvents(name: string, key: string, item: Json, at: Json): Event[] {
  const text = String(item[key]);
  const deltas = fragments(text).map((delta) => ({
    type: `response.${name}.delta`,
    ...at,
    delta,
    obfuscation: "q1W2e3",
  }));
  if (item["status"] === "incomplete") return deltas;
  return [...deltas, { type: `response.${name}.done`, ...at, [key]: text }];
}

function partEvents(part: Json, at: Json, spelled: readonly string[] | undefined): Event[] {
  const refuses = part["type"] === "refusal";
  const key = refuses ? "refusal" : "text";
  const type = refuses ? "response.refusal" : "response.output_text";
  const more = refuses ? {} : { logprobs: [] };
  const text = String(part[key]);
  return [
    { type: "response.content_part.added", ...at, part: { ...part, [key]: "" } },
    ...(spelled ?? fragments(text)).map((delta) => ({ type: `${type}.delta`, ...at, delta, ...more })),
    { type: `${type}.done`, ...at, [key]: text, ...more },
    { type: "response.content_part.done", ...at, part },
  ];
}

function summaryEvents(part: Json, at: Json, spelled: readonly string[] | undefined): Event[] {
  const text = isObject(part) ? String(part["text"]) : "";
  const type = "response.reasoning_summary_text";
  return [
    { type: "response.reasoning_summary_part.added", ...at, part: { ...part, text: "" } },
    ...(spelled ?? fragments(text)).map((delta) => ({ type: `${type}.delta`, ...at, delta })),
    { type: `${type}.done`, ...at, text },
    { type: "response.reasoning_summary_part.done", ...at, part },
  ];
}
