import type { Span, ToolChoice, ToolOffer } from "../../exchange/prompt.ts";
import { byContent } from "../../wire/by-content.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { sha256Hex } from "../../text/hash.ts";
import { checkJson } from "../../wire/json-check.ts";
import { members, parseAt, rootSpan, typeAt } from "../../wire/json-text.ts";
import { arrayOf, objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { malformed } from "../request-faults.ts";
import { browserActions } from "./browser-actions.ts";
import { fieldAt, fieldOf, snakeCase } from "./fields.ts";
import type { RequestLayout } from "./layout.ts";
import { repeatedAt } from "./repeated.ts";
import { toJsonSchema } from "./schema-dialect.ts";

type Offer = Omit<ToolOffer, "index">;

/** All offers of a request. Spans count from the start of `tools`. */
interface Offers {
  readonly offers: readonly Offer[];
  readonly hash: string;
}

/** Lists of tools kept with what was found in them, in UTF-16 units of text. */
const toolsCharsMax = 8 * 1024 * 1024;

const offersOf: (tools: string) => Offers = byContent(toolsCharsMax, (text) => {
  checkJson(text);
  const tools = repeatedAt(text, rootSpan(text))?.items ?? [];
  return {
    offers: tools.flatMap((tool) => offersIn(text, tool)),
    hash: sha256Hex("gemini tools 1", canonicalJson(text) ?? text),
  };
});

/** The offers of a request, their spans in its body, and a hash over them. */
export function readOffers({ body, tools }: RequestLayout): { offers: ToolOffer[]; hash: string } {
  if (tools === undefined) return { offers: [], hash: "" };
  const { start, end } = tools.span;
  const { offers, hash } = offersOf(body.slice(start, end));
  return {
    hash,
    offers: offers.map((offer, index) => ({
      ...offer,
      index,
      span: { start: offer.span.start + start, end: offer.span.end + start },
    })),
  };
}

/** A `Tool` offers functions, and each of its other fields is a tool of the provider. */
function offersIn(text: string, tool: Span): Offer[] {
  if (typeAt(text, tool) !== "object") throw malformed("Each element of `tools` must be an object.");
  const all = members(text, tool);
  return all.flatMap(({ key, value }) => {
    if (typeAt(text, value) === "null") return [];
    if (isSpelled(key, "functionDeclarations")) {
      return (repeatedAt(text, value)?.items ?? []).map((span) => declared(text, span));
    }
    // What leaves with the offer is the whole tool, unless it offers something else besides.
    const span = all.length === 1 ? tool : value;
    const names = isSpelled(key, "computerUse") ? browserActions(parseAt(text, value)) : [key];
    return names.map((name) => provided(name, span));
  });
}

function isSpelled(key: string, name: string): boolean {
  return key === name || key === snakeCase(name);
}

function provided(name: string, span: Span): Offer {
  return { name, kind: "provider", description: undefined, schemaText: undefined, strict: false, span };
}

function declared(text: string, span: Span): Offer {
  const value = objectOf(parseAt(text, span));
  if (value === undefined) throw malformed("Each function declaration must be an object.");
  return {
    name: stringOf(fieldOf(value, "name")) ?? "",
    kind: "function",
    description: stringOf(fieldOf(value, "description")),
    schemaText: schemaTextOf(text, span),
    strict: false,
    span,
  };
}

/** JSON Schema as it stands there, or Google's own dialect put into it. */
function schemaTextOf(text: string, declaration: Span): string | undefined {
  const standard = fieldAt(text, declaration, "parametersJsonSchema");
  if (standard !== undefined) return text.slice(standard.start, standard.end);
  const own = fieldAt(text, declaration, "parameters");
  return own === undefined ? undefined : toJsonSchema(text.slice(own.start, own.end));
}

/** The names that a `functionCallingConfig` allows, and its mode. */
export function callingConfig(toolConfig: JsonObject): { mode: string; allowed: readonly string[] } {
  const config = objectOf(fieldOf(toolConfig, "functionCallingConfig")) ?? {};
  const allowed = fieldOf(config, "allowedFunctionNames");
  return {
    mode: stringOf(fieldOf(config, "mode"))?.toUpperCase() ?? "",
    allowed: arrayOf(allowed).filter((name) => typeof name === "string"),
  };
}

/**
 * What the model may, or must, call. In the mode `VALIDATED` it may answer with text as well
 * (https://ai.google.dev/api/caching#FunctionCallingConfig).
 */
export function readToolChoice(toolConfig: JsonObject, offered: boolean): ToolChoice {
  const { mode, allowed } = callingConfig(toolConfig);
  if (mode === "NONE" || !offered) return { kind: "none" };
  if (mode !== "ANY") return { kind: "auto" };
  return allowed.length === 0 ? { kind: "required" } : { kind: "named", names: allowed };
}
