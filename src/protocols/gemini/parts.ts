import type { Media, PartKind, Span } from "../../exchange/prompt.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { elements, members, parseAt, rootSpan, stringAt, typeAt } from "../../wire/json-text.ts";
import { objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { fieldAt, fieldOf } from "./fields.ts";
import { repeatedAt } from "./repeated.ts";
import { resultTexts, resultWords } from "./result-words.ts";

/** A call that the client executes. */
export interface FunctionCall {
  /** Empty where there is none: ids are optional. */
  readonly id: string;
  readonly name: string;
  /** The JSON text of `args` as it stands there; `{}` where there is none. */
  readonly argumentsText: string;
}

/** One part of a content, of a request or of an answer. */
export interface ContentPart {
  readonly span: Span;
  /** The JSON text, exactly as received. */
  readonly original: string;
  readonly kind: PartKind;
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  /** What it adds to the text that a user sees. */
  readonly said: string;
  readonly call: FunctionCall | undefined;
  readonly result:
    | { readonly id: string; readonly name: string; readonly isError: boolean; readonly text: string }
    | undefined;
  /** The name of a tool that the provider runs itself, where the part is a call of it. */
  readonly providerCall: string | undefined;
  /** What identifies a part that is neither text nor call nor result, however a client writes it. */
  readonly identity: string | undefined;
}

/** Reads the part at `span`: https://ai.google.dev/api/caching#Part */
export function readPart(text: string, span: Span): ContentPart {
  const original = text.slice(span.start, span.end);
  const value = objectOf(parseAt(text, span)) ?? {};
  const bare: ContentPart = {
    span,
    original,
    kind: "other",
    texts: [original],
    media: [],
    said: "",
    call: undefined,
    result: undefined,
    providerCall: undefined,
    identity: undefined,
  };
  if (typeAt(text, span) !== "object") return bare;
  const call = objectAt(text, span, "functionCall");
  if (call !== undefined) return { ...bare, ...callPart(text, call) };
  const response = objectAt(text, span, "functionResponse");
  if (response !== undefined) return { ...bare, ...resultPart(text, response) };
  const words = stringOf(fieldOf(value, "text"));
  if (words !== undefined) return { ...bare, ...textPart(words, value) };
  const media = mediaOf(value);
  if (media !== undefined) {
    const isThought = value["thought"] === true;
    const identity = isThought ? undefined : identityOf(value);
    return { ...bare, kind: isThought ? "thinking" : "media", texts: [], media: [media], identity };
  }
  const providerCall = providerCallOf(value);
  return { ...bare, providerCall, identity: identityOf(value) };
}

type Read = Partial<ContentPart>;

function callPart(text: string, call: Span): Read {
  const name = stringField(text, call, "name");
  const argumentsText = argumentsAt(text, call);
  const id = stringField(text, call, "id");
  return { kind: "call", texts: [name, argumentsText], call: { id, name, argumentsText } };
}

/** Servers that only speak like Gemini may give the arguments as a string. */
function argumentsAt(text: string, call: Span): string {
  const args = fieldAt(text, call, "args");
  if (args === undefined) return "{}";
  return stringAt(text, args) ?? text.slice(args.start, args.end);
}

function resultPart(text: string, response: Span): Read {
  const { isError } = resultWords(text, response);
  const texts = resultTexts(text, response);
  const id = stringField(text, response, "id");
  const name = stringField(text, response, "name");
  const parts = repeatedAt(text, fieldAt(text, response, "parts"));
  const inside = (parts?.items ?? []).map((span) => objectOf(parseAt(text, span)) ?? {});
  return {
    kind: "result",
    texts,
    media: inside.flatMap((one) => mediaOf(one) ?? []),
    result: { id, name, isError, text: texts.join("") },
    identity: inside.length === 0 ? undefined : inside.map(identityOf).join(" "),
  };
}

function textPart(words: string, value: JsonObject): Read {
  const signature = stringOf(fieldOf(value, "thoughtSignature")) ?? "";
  // A signature without words is the end of a thought; its weight is in the signature.
  if (value["thought"] === true || (words === "" && signature !== "")) {
    return { kind: "thinking", texts: [words === "" ? signature : words] };
  }
  return { kind: "text", texts: [words], said: words };
}

function mediaOf(value: JsonObject): Media | undefined {
  const inline = objectOf(fieldOf(value, "inlineData"));
  const file = objectOf(fieldOf(value, "fileData"));
  const holder = inline ?? file;
  if (holder === undefined) return undefined;
  const type = stringOf(fieldOf(holder, "mimeType")) ?? "";
  const kind = type.startsWith("image/") ? "image" : type.startsWith("audio/") ? "audio" : "document";
  return { kind, base64: inline === undefined ? undefined : stringOf(inline["data"]) };
}

/** `executableCode` is run where the model is, and so is every `toolCall`. */
function providerCallOf(value: JsonObject): string | undefined {
  if (objectOf(fieldOf(value, "executableCode")) !== undefined) return "code_execution";
  const call = objectOf(fieldOf(value, "toolCall"));
  return call === undefined ? undefined : (stringOf(fieldOf(call, "toolType")) ?? "");
}

// Signatures and settings of how media are read come and go between the copies of one content.
const passing = new Set(["thoughtSignature", "thought_signature", "partMetadata", "part_metadata"]);

function identityOf(value: JsonObject): string {
  const lasting = Object.entries(value).filter(([key, one]) => one !== null && !passing.has(key));
  const json = JSON.stringify(Object.fromEntries(lasting));
  return canonicalJson(json) ?? json;
}

export function objectAt(text: string, object: Span, name: string): Span | undefined {
  const span = fieldAt(text, object, name);
  return span !== undefined && typeAt(text, span) === "object" ? span : undefined;
}

function stringField(text: string, object: Span, name: string): string {
  const span = fieldAt(text, object, name);
  return span === undefined ? "" : (stringAt(text, span) ?? "");
}

/** Where the parts of a content stand. */
export function partsAt(text: string, content: Span): readonly Span[] {
  return repeatedAt(text, fieldAt(text, content, "parts"))?.items ?? [];
}

/** True where a part holds nothing but its text (and the mark of a thought): it may be joined. */
export function isPlainText(original: string): boolean {
  const root = rootSpan(original);
  if (typeAt(original, root) !== "object") return false;
  const keys = new Set(members(original, root).map(({ key }) => key));
  return keys.delete("text") && (keys.size === 0 || (keys.size === 1 && keys.has("thought")));
}

/** Elements of `contents` written one behind the other. */
export function elementsIn(run: string): Span[] {
  return elements(`[${run}]`, { start: 0, end: run.length + 2 }).map(({ start, end }) => ({
    start: start - 1,
    end: end - 1,
  }));
}
