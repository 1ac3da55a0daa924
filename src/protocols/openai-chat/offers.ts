import type { ToolChoice, ToolOffer } from "../../exchange/prompt.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { sha256Hex } from "../../text/hash.ts";
import { byContent } from "../../wire/by-content.ts";
import { elements, member, parseAt, rootSpan, typeAt, type Span } from "../../wire/json-text.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import type { TopLevel } from "./top-level.ts";

/** The two arrays that offer tools: today's and the deprecated one. */
export const offerLists = ["tools", "functions"] as const;
export type OfferList = (typeof offerLists)[number];

/** An offer, but for its place among the others. */
export type Offer = Omit<ToolOffer, "index">;

interface OffersShape {
  /** The JSON text of the array, in memory of its own. */
  readonly texts: readonly [string];
  /** Spans count from the start of the array. */
  readonly offers: readonly Offer[];
  readonly hash: string;
}

/** Texts of lists that are kept, in UTF-16 units; what is found in them comes on top. */
const keptCharsMax = 8 * 1024 * 1024;

const readList: Readonly<Record<OfferList, (raw: string) => OffersShape>> = {
  tools: byContent(keptCharsMax, (raw) => readShape("tools", raw)),
  functions: byContent(keptCharsMax, (raw) => readShape("functions", raw)),
};

export interface Offers {
  readonly offers: readonly Offer[];
  readonly hash: string;
  /** The JSON text of each list that is there. */
  readonly texts: ReadonlyMap<OfferList, readonly [string]>;
}

/** All offers of a request, and a hash over them. */
export function readOffers(top: TopLevel): Offers {
  const offers: Offer[] = [];
  const hashes: string[] = [];
  const texts = new Map<OfferList, readonly [string]>();
  for (const list of offerLists) {
    const span = top.array(list);
    if (span === undefined) continue;
    const shape = readList[list](top.text.slice(span.start, span.end));
    hashes.push(shape.hash);
    texts.set(list, shape.texts);
    for (const offer of shape.offers) offers.push({ ...offer, span: movedBy(span.start, offer.span) });
  }
  return { offers, hash: headHash(hashes), texts };
}

function movedBy(units: number, { start, end }: Span): Span {
  return { start: start + units, end: end + units };
}

/** Most requests have one list, so that one hash, or none, is made anew. */
function headHash(hashes: readonly string[]): string {
  const [first] = hashes;
  if (first === undefined) return noOffersHash;
  return hashes.length === 1 ? first : sha256Hex("openai-chat head", ...hashes);
}

const noOffersHash = sha256Hex("openai-chat head");

function readShape(list: OfferList, raw: string): OffersShape {
  const whole = rootSpan(raw);
  parseAt(raw, whole);
  return {
    texts: [raw],
    offers: elements(raw, whole).map((element) => readOffer(list, raw, element)),
    hash: sha256Hex(list, canonicalJson(raw) ?? raw),
  };
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
    ...(type === "custom" && grammarOf(definition)),
    strict: definition["strict"] === true,
    span,
  };
}

/** The grammar of a custom tool, which Chat Completions has one level deeper than Responses. */
function grammarOf(definition: JsonObject): Pick<ToolOffer, "grammar"> {
  const format = objectOf(definition["format"]);
  const { syntax, definition: text } = objectOf(format?.["grammar"]) ?? {};
  if (format?.["type"] !== "grammar" || typeof text !== "string") return {};
  return syntax === "regex" || syntax === "lark" ? { grammar: { syntax, definition: text } } : {};
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
export function readToolChoice(choice: unknown, offered: boolean): ToolChoice {
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
