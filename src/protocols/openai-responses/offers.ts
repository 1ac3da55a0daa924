import type { Span, ToolChoice, ToolOffer } from "../../exchange/prompt.ts";
import { elements, member, parseAt, stringAt, typeAt } from "../../wire/json-text.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { judgedName } from "./item-call.ts";

/** A definition of a tool. Spans count from the start of the text that it was found in. */
export type Offer = Omit<ToolOffer, "index">;

/** Every definition in a list of tools, those inside of namespaces included, in order. */
export function offersIn(text: string, list: Span): Offer[] {
  if (typeAt(text, list) !== "array") return [];
  return elements(text, list).flatMap((span) => {
    const tool = objectOf(parseAt(text, span)) ?? {};
    if (tool["type"] !== "namespace") return [readOffer(text, span, tool, undefined)];
    const inner = innerTools(text, span);
    const namespace = stringOf(tool["name"]);
    return inner.map((one) => readOffer(text, one, objectOf(parseAt(text, one)) ?? {}, namespace));
  });
}

/** The elements of a namespace's own list. */
export function innerTools(text: string, namespace: Span): Span[] {
  const list = member(text, namespace, "tools");
  return list === undefined || typeAt(text, list) !== "array" ? [] : elements(text, list);
}

function readOffer(text: string, span: Span, tool: JsonObject, namespace: string | undefined): Offer {
  const type = stringOf(tool["type"]);
  const name = judgedName(nameOf(tool), namespace);
  if (type !== "function" && type !== "custom") {
    return { name, kind: "provider", description: undefined, schemaText: undefined, strict: false, span };
  }
  const grammar = type === "custom" ? grammarOf(objectOf(tool["format"])) : undefined;
  return {
    name,
    kind: type,
    description: stringOf(tool["description"]),
    schemaText: type === "function" ? schemaTextOf(text, span) : undefined,
    ...(grammar !== undefined && { grammar }),
    strict: tool["strict"] === true,
    span,
  };
}

/** What identifies a tool, or a reference to one: an MCP server has only a label, others only a type. */
function nameOf(tool: JsonObject): string {
  return stringOf(tool["name"]) ?? stringOf(tool["server_label"]) ?? stringOf(tool["type"]) ?? "";
}

function grammarOf(format: JsonObject | undefined): ToolOffer["grammar"] {
  const { type, syntax, definition } = format ?? {};
  if (type !== "grammar" || typeof definition !== "string") return undefined;
  return syntax === "regex" || syntax === "lark" ? { syntax, definition } : undefined;
}

function schemaTextOf(text: string, offer: Span): string | undefined {
  const span = member(text, offer, "parameters");
  if (span === undefined || typeAt(text, span) === "null") return undefined;
  return text.slice(span.start, span.end);
}

/** The name under which the tool is judged that a definition or a reference to it names. */
export function referencedName(text: string, reference: Span): string | undefined {
  if (typeAt(text, reference) !== "object") return undefined;
  const namespace = member(text, reference, "namespace");
  const tool = objectOf(parseAt(text, reference)) ?? {};
  return judgedName(nameOf(tool), namespace === undefined ? undefined : stringAt(text, namespace));
}

/**
 * What the model may, or must, call. A list of allowed tools that leaves the choice to the model is
 * `auto`: the provider keeps to the list.
 */
export function toolChoiceOf(choice: unknown, offered: boolean): ToolChoice {
  if (choice === "none" || choice === "auto" || choice === "required") return { kind: choice };
  const named = objectOf(choice);
  if (named === undefined) return { kind: offered ? "auto" : "none" };
  if (named["type"] !== "allowed_tools") return { kind: "named", names: [choiceName(named)] };
  if (named["mode"] !== "required") return { kind: "auto" };
  return { kind: "named", names: objectsOf(named["tools"]).map(choiceName) };
}

function choiceName(reference: JsonObject): string {
  return judgedName(nameOf(reference), stringOf(reference["namespace"]));
}
