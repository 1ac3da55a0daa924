import { LRUCache } from "lru-cache";
import type { ToolChoice, ToolOffer } from "../../exchange/prompt.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { sha256Hex } from "../../text/hash.ts";
import { elements, member, parseAt, rootSpan, typeAt, type Span } from "../../wire/json-text.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import type { RequestLayout } from "./layout.ts";

/** The two arrays that offer tools: today's and the deprecated one. */
export const offerLists = ["tools", "functions"] as const;
export type OfferList = (typeof offerLists)[number];

type Offer = Omit<ToolOffer, "index">;

interface OffersShape {
  /** Spans count from the start of the array. */
  readonly offers: readonly Offer[];
  readonly hash: string;
}

const shapes = new LRUCache<string, OffersShape>({
  maxSize: 32 * 1024 * 1024,
  sizeCalculation: (shape, raw) => 4 * raw.length + 256 * shape.offers.length + 512,
});

/** All offers of a request, and a hash over them. */
export function readOffers(layout: RequestLayout): { offers: ToolOffer[]; hash: string } {
  const offers: ToolOffer[] = [];
  const hashes: string[] = [];
  for (const list of offerLists) {
    const span = layout.span(list);
    if (span === undefined || typeAt(layout.body, span) !== "array") continue;
    const shape = shapeOf(list, layout.body, span);
    hashes.push(shape.hash);
    for (const offer of shape.offers) {
      const { start, end } = offer.span;
      offers.push({
        ...offer,
        index: offers.length,
        span: { start: span.start + start, end: span.start + end },
      });
    }
  }
  return { offers, hash: sha256Hex("openai-chat head", ...hashes) };
}

function shapeOf(list: OfferList, body: string, span: Span): OffersShape {
  const raw = body.slice(span.start, span.end);
  const key = `${list} ${raw}`;
  const known = shapes.get(key);
  if (known !== undefined) return known;
  // Parsed at its place, so that an error names the position in the whole body.
  parseAt(body, span);
  const whole = rootSpan(raw);
  const shape = {
    offers: elements(raw, whole).map((element) => readOffer(list, raw, element)),
    hash: sha256Hex(list, canonicalJson(raw) ?? raw),
  };
  shapes.set(key, shape);
  return shape;
}

function readOffer(list: OfferList, raw: string, span: Span): Offer {
  const tool = objectOf(parseAt(raw, span)) ?? {};
  const type = list === "functions" ? "function" : stringOf(tool["type"]);
  if (type !== "function" && type !== "custom") {
    const name = stringOf(tool["name"]) ?? type ?? "";
    return { name, kind: "provider", description: undefined, schemaText: undefined, strict: false, span };
  }
  const definition = list === "functions" ? tool : (objectOf(tool[type]) ?? {});
  return {
    name: stringOf(definition["name"]) ?? "",
    kind: type,
    description: stringOf(definition["description"]),
    schemaText: type === "function" ? schemaTextOf(raw, definitionSpan(list, raw, span)) : undefined,
    strict: definition["strict"] === true,
    span,
  };
}

/** The object that holds name, description and parameters; undefined where there is none. */
export function definitionSpan(list: OfferList, text: string, offer: Span): Span | undefined {
  if (typeAt(text, offer) !== "object") return undefined;
  if (list === "functions") return offer;
  const found = member(text, offer, "function") ?? member(text, offer, "custom");
  return found !== undefined && typeAt(text, found) === "object" ? found : undefined;
}

function schemaTextOf(raw: string, definition: Span | undefined): string | undefined {
  const span = definition === undefined ? undefined : member(raw, definition, "parameters");
  if (span === undefined || typeAt(raw, span) === "null") return undefined;
  return raw.slice(span.start, span.end);
}

/**
 * What the model may, or must, call. A list of allowed tools that leaves the choice to the model is
 * `auto`: the provider keeps to the list.
 */
export function readToolChoice(layout: RequestLayout, offered: boolean): ToolChoice {
  const choice = layout.value("tool_choice") ?? layout.value("function_call");
  if (choice === "none" || choice === "auto" || choice === "required") return { kind: choice };
  const named = objectOf(choice);
  if (named === undefined) return { kind: offered ? "auto" : "none" };
  const allowed = objectOf(named["allowed_tools"]);
  if (allowed === undefined) return { kind: "named", names: [nameOf(named)] };
  if (allowed["mode"] !== "required") return { kind: "auto" };
  return { kind: "named", names: objectsOf(allowed["tools"]).map((tool) => nameOf(tool)) };
}

/** The name in a reference to a tool: `{type, function: {name}}`, `{type, custom: {name}}`, `{name}`. */
export function nameOf(reference: JsonObject): string {
  const inner = objectOf(reference["function"]) ?? objectOf(reference["custom"]) ?? reference;
  return stringOf(inner["name"]) ?? "";
}
