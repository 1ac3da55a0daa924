import type { Media, PartKind, Role } from "../../exchange/prompt.ts";
import { member, parseAt, rootSpan } from "../../wire/json-text.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { byContent } from "../../wire/by-content.ts";
import { malformed } from "../request-faults.ts";
import { identityOf, readContent, type Content } from "./content.ts";
import { answeredKey, callIn, type ItemCall } from "./item-call.ts";
import { offersIn, type Offer } from "./offers.ts";

/** All that is derived from one item of `input`, and from nothing but its text. */
export interface ItemShape {
  /** The type as it stands there; a message may leave it out. */
  readonly type: string;
  /** The role as it stands there: `developer` and `system` are told apart. */
  readonly wireRole: string | undefined;
  readonly role: Role;
  readonly kind: PartKind;
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  readonly call: ItemCall | undefined;
  /** The key of the call that a result answers. */
  readonly answers: string | undefined;
  readonly isError: boolean;
  /** The id of an item that the provider keeps and that this one stands for. */
  readonly reference: string | undefined;
  /** Tools that are offered from here on; spans count from the start of the item. */
  readonly offers: readonly Offer[];
  /** What a message says, and what identifies all that is no text. */
  readonly text: string;
  readonly rest: readonly string[];
}

/** Items kept with what was found in them, in UTF-16 units of their text. */
const itemCharactersMax = 16 * 1024 * 1024;

/** Reads one item, given as its JSON text. Throws `JsonTextError` or `request_malformed`. */
export const itemShape: (raw: string) => ItemShape = byContent(itemCharactersMax, (raw) => {
  const item = objectOf(parseAt(raw, rootSpan(raw)));
  if (item === undefined) throw malformed('Each element of "input" must be an object.');
  const type = stringOf(item["type"]) ?? "message";
  return type === "message" ? readMessage(item) : readOther(raw, type, item);
});

const roles: Readonly<Record<string, Role>> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
};

const nothing = {
  call: undefined,
  answers: undefined,
  isError: false,
  reference: undefined,
  offers: [],
  text: "",
  rest: [],
} as const;

function readMessage(item: JsonObject): ItemShape {
  const wireRole = stringOf(item["role"]) ?? "";
  return { ...messageShape(readContent(item["content"]), roles[wireRole]), wireRole };
}

/** The one item of an `input` that is a string. */
export function userText(text: string): ItemShape {
  return { ...messageShape(readContent(text), "user"), wireRole: "user" };
}

function messageShape({ texts, media, attachments }: Content, role: Role | undefined): ItemShape {
  const spoken: PartKind = texts.length > 0 || media.length === 0 ? "text" : "media";
  const kind = role === undefined ? "other" : role === "system" ? "system" : spoken;
  return {
    ...nothing,
    type: "message",
    wireRole: undefined,
    role: role ?? "user",
    kind,
    texts,
    media,
    text: texts.join(""),
    rest: attachments,
  };
}

/** Items that stand for themselves, whoever says something around them: a trim never drops them. */
const standing: ReadonlySet<string> = new Set([
  "additional_tools",
  "configuration_update",
  // All that came before it, in a form that only the provider can read.
  "compaction",
  "compaction_trigger",
]);

function readOther(raw: string, type: string, item: JsonObject): ItemShape {
  const shape = { ...nothing, type, wireRole: undefined, texts: [], media: [] };
  if (type === "reasoning") return { ...shape, role: "assistant", kind: "thinking", texts: thoughtIn(item) };
  if (type === "item_reference") return readReference(stringOf(item["id"]) ?? "");
  if (standing.has(type)) {
    const kind = type === "additional_tools" ? "tools" : "other";
    const offers = offersOf(raw);
    return {
      ...shape,
      role: "system",
      kind,
      texts: kind === "tools" ? [raw] : [],
      offers,
      rest: [identityOf(item)],
    };
  }
  const answers = answeredKey(item);
  if (answers !== undefined && !isServed(item)) return readResult(raw, type, item, answers);
  const call = callIn(item);
  const known = call?.by === "client" || call?.by === "program";
  return {
    ...shape,
    role: "assistant",
    kind: known ? "call" : "other",
    texts: known ? [call.name, call.argumentsText] : textsOfUnknown(item),
    call,
    offers: type === "tool_search_output" ? offersOf(raw) : [],
    rest: known ? [] : [identityOf(item)],
  };
}

/** A search for tools that ran at the provider: its result is a part of the model's turn. */
function isServed(item: JsonObject): boolean {
  return (
    item["type"] === "tool_search_output" && (item["execution"] === "server" || item["call_id"] === null)
  );
}

function readReference(id: string): ItemShape {
  const shape = { ...nothing, type: "item_reference", wireRole: undefined, texts: [], media: [] };
  // OpenAI's ids say what they are ids of. A reference to reasoning stands for what other clients drop.
  const thinking = id.startsWith("rs_");
  return {
    ...shape,
    role: "assistant",
    kind: thinking ? "thinking" : "other",
    reference: id,
    rest: thinking ? [] : [`reference ${id}`],
  };
}

function readResult(raw: string, type: string, item: JsonObject, answers: string): ItemShape {
  const content = resultContent(type, item);
  const readable =
    type !== "computer_call_output" && type !== "tool_search_output" && type !== "mcp_approval_response";
  const offers = type === "tool_search_output" ? offersOf(raw) : [];
  return {
    ...nothing,
    type,
    wireRole: undefined,
    role: "tool",
    kind: readable ? "result" : content.media.length > 0 ? "media" : "other",
    texts: readable ? content.texts : [],
    media: content.media,
    answers,
    isError: type === "apply_patch_call_output" && item["status"] === "failed",
    offers,
    text: readable ? content.texts.join("") : "",
    rest: readable ? content.attachments : [identityOf(item)],
  };
}

function resultContent(type: string, item: JsonObject): Content {
  const output = item["output"];
  if (type !== "shell_call_output") return readContent(objectOf(output) === undefined ? output : [output]);
  const texts = objectsOf(output).flatMap((one) =>
    [one["stdout"], one["stderr"]].filter((text): text is string => typeof text === "string"),
  );
  return { texts, media: [], attachments: [] };
}

function offersOf(raw: string): Offer[] {
  const list = member(raw, rootSpan(raw), "tools");
  return list === undefined ? [] : offersIn(raw, list);
}

function thoughtIn(item: JsonObject): string[] {
  return [...readContent(item["summary"]).texts, ...readContent(item["content"]).texts];
}

/** What a model reads of calls that the provider runs itself, as far as it is text. */
function textsOfUnknown(item: JsonObject): string[] {
  return ["name", "arguments", "output", "code", "result", "query"].flatMap(
    (key) => stringOf(item[key]) ?? [],
  );
}
