import type { Span, ToolOffer } from "../../exchange/prompt.ts";
import { member, parseAt } from "../../wire/json-text.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";

/** An offer as its definition says it; `span` is that of the element which leaves when it is refused. */
export type OfferShape = Omit<ToolOffer, "index"> & {
  /** The same however a client spells it, and without what may change from turn to turn. */
  readonly identity: string;
};

/**
 * Reads a tool's definition. `element` is the element of `tools`, or the `tool_addition` block around
 * the definition.
 */
export function readOffer(text: string, definition: Span, element: Span): OfferShape {
  const tool = objectOf(parseAt(text, definition)) ?? {};
  const schema = member(text, definition, "input_schema");
  const isFunction = (stringOf(tool["type"]) ?? "custom") === "custom";
  return {
    name: nameOf(tool),
    kind: isFunction ? "function" : "provider",
    description: stringOf(tool["description"]),
    schemaText: isFunction && schema !== undefined ? text.slice(schema.start, schema.end) : undefined,
    strict: tool["strict"] === true,
    span: element,
    identity: identityOf(tool, text.slice(definition.start, definition.end)),
  };
}

/** A toolset has no name of its own: its calls carry its family as `toolset_name`. */
function nameOf(tool: JsonObject): string {
  const named = stringOf(tool["name"]) ?? stringOf(tool["mcp_server_name"]);
  return named ?? familyOf(stringOf(tool["type"]) ?? "");
}

/** `computer_toolset_20260801` -> `computer`, as the API computes it for `toolset_name`. */
function familyOf(type: string): string {
  return type.replace(/_\d{8}$/, "").replace(/_toolset$/, "");
}

// Cache breakpoints move from turn to turn, and the AI SDK asks for eager input only when streaming.
const passing = new Set(["cache_control", "eager_input_streaming"]);

function identityOf(tool: JsonObject, raw: string): string {
  const lasting = Object.fromEntries(Object.entries(tool).filter(([name]) => !passing.has(name)));
  return canonicalJson(JSON.stringify(lasting)) ?? raw;
}
