import type { Media, PartKind, Role, Span } from "../../exchange/prompt.ts";
import { elements, member, stringAt, typeAt } from "../../wire/json-text.ts";
import { objectOf, objectsOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";

/**
 * A use of a tool, as a block names it.
 * - `client`: the client executes it because the model asked: held and judged
 * - `program`: the client executes it because the provider's own code asked (programmatic tool
 *   calling, `caller` other than `direct`): seen, not held
 * - `provider`: the provider executes it (server tools, the MCP connector): seen, not held
 */
export interface ToolUse {
  readonly by: "client" | "program" | "provider";
  readonly id: string;
  /** For a member of a toolset (`toolset_name`) that of the toolset, which is what is offered. */
  readonly name: string;
  /** The JSON text of `input`, as received. */
  readonly inputText: string;
}

/** One content block, of a request or an answer. A string as content counts as one text block. */
export interface Block {
  readonly span: Span;
  /** The JSON text, exactly as received. */
  readonly original: string;
  readonly type: string;
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  readonly use: ToolUse | undefined;
  readonly result: { readonly callId: string; readonly isError: boolean } | undefined;
}

/** Makes a block of what stands at `span`, which `value` is parsed from. */
export function readBlock(text: string, span: Span, value: unknown): Block {
  const block = objectOf(value) ?? {};
  const original = text.slice(span.start, span.end);
  const type = stringOf(block["type"]) ?? "";
  const bare = { span, original, type, media: [], use: undefined, result: undefined };
  switch (type) {
    case "tool_use":
    case "server_tool_use":
    case "mcp_tool_use": {
      const input = member(text, span, "input");
      const use = toolUseOf(block, input === undefined ? "{}" : text.slice(input.start, input.end));
      return { ...bare, texts: use === undefined ? [] : [use.name, use.inputText], use };
    }
    case "tool_result": {
      const result = { callId: stringOf(block["tool_use_id"]) ?? "", isError: block["is_error"] === true };
      return { ...bare, texts: slotTexts(text, span), media: mediaWithin(block["content"]), result };
    }
    case "image":
    case "document":
      return { ...bare, texts: slotTexts(text, span), media: mediaOf(block) };
    default:
      return { ...bare, texts: [wordsOf(type, block) ?? original] };
  }
}

/** What a model reads of a block that is one text; undefined for blocks this version does not know. */
function wordsOf(type: string, block: JsonObject): string | undefined {
  const signature = stringOf(block["signature"]) ?? "";
  switch (type) {
    case "text":
      return stringOf(block["text"]) ?? "";
    case "thinking":
      // With `display: "omitted"` the text is empty and its weight is in the signature.
      return stringOf(block["thinking"]) || signature;
    case "redacted_thinking":
      return stringOf(block["data"]) ?? "";
    default:
      return undefined;
  }
}

function slotTexts(text: string, block: Span): string[] {
  return textSlots(text, block).map((slot) => stringAt(text, slot) ?? "");
}

/** What kind of part a block is in a message of this role. */
export function kindOf(block: Block, role: Role): PartKind {
  if (role === "system") return "system";
  switch (block.type) {
    case "text":
      return "text";
    case "tool_use":
      return "call";
    case "tool_result":
      return "result";
    case "thinking":
    case "redacted_thinking":
      return "thinking";
    case "image":
    case "document":
      return "media";
    default:
      return "other";
  }
}

/** The use of a tool in a block that has one, with the JSON text of its input. */
export function toolUseOf(block: JsonObject, inputText: string): ToolUse | undefined {
  const id = stringOf(block["id"]) ?? "";
  const name = stringOf(block["name"]) ?? "";
  switch (block["type"]) {
    case "tool_use": {
      const caller = stringOf(objectOf(block["caller"])?.["type"]) ?? "direct";
      const by = caller === "direct" ? "client" : "program";
      return { by, id, name: stringOf(block["toolset_name"]) ?? name, inputText };
    }
    case "server_tool_use":
    case "mcp_tool_use":
      return { by: "provider", id, name, inputText };
    default:
      return undefined;
  }
}

/**
 * Where the texts of a block stand that may be rewritten in place, in order: the spans of JSON strings.
 * For a result: its string, its text blocks, and the text in search results and documents within it.
 * JsonObject from which the provider makes text itself (`browser_state`) are no such places.
 */
export function textSlots(text: string, block: Span): Span[] {
  switch (stringField(text, block, "type") ?? "") {
    case "text":
      return strings(text, member(text, block, "text"));
    case "tool_result":
    case "search_result":
    case "content":
      return contentSlots(text, member(text, block, "content"));
    case "document": {
      const source = member(text, block, "source");
      return source !== undefined && typeAt(text, source) === "object" ? sourceSlots(text, source) : [];
    }
    default:
      return [];
  }
}

function sourceSlots(text: string, source: Span): Span[] {
  return stringField(text, source, "type") === "text"
    ? strings(text, member(text, source, "data"))
    : textSlots(text, source);
}

function contentSlots(text: string, content: Span | undefined): Span[] {
  if (content === undefined || typeAt(text, content) !== "array") return strings(text, content);
  return elements(text, content).flatMap((one) =>
    typeAt(text, one) === "object" ? textSlots(text, one) : [],
  );
}

function strings(text: string, span: Span | undefined): Span[] {
  return span !== undefined && typeAt(text, span) === "string" ? [span] : [];
}

function stringField(text: string, object: Span, key: string): string | undefined {
  const span = member(text, object, key);
  return span === undefined ? undefined : stringAt(text, span);
}

function mediaWithin(content: unknown): Media[] {
  return objectsOf(content).flatMap(mediaOf);
}

function mediaOf(block: JsonObject): Media[] {
  const kind = block["type"];
  if (kind !== "image" && kind !== "document") return [];
  const source = objectOf(block["source"]) ?? {};
  if (source["type"] === "text") return [];
  if (source["type"] === "content") return mediaWithin(source["content"]);
  return [{ kind, base64: source["type"] === "base64" ? stringOf(source["data"]) : undefined }];
}
