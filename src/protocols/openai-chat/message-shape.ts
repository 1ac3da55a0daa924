import type { Media, PartKind, Role } from "../../exchange/prompt.ts";
import type { Call } from "../../exchange/turn.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { SeenElements } from "../../wire/seen-elements.ts";
import { readContent, type Content } from "./content.ts";
import { messageHash } from "./message-hash.ts";
import { malformed } from "../request-faults.ts";

/** All that is derived from one message, and from nothing but its text. */
export interface MessageShape {
  /** The JSON text of it, in memory of its own. */
  readonly original: string;
  /** The role as it stands there: `developer` and `function` are told apart from their kin. */
  readonly wireRole: string;
  readonly role: Role;
  readonly kind: PartKind;
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  readonly calls: readonly Call[];
  /** The id of the call that a result answers; for `function` messages the name stands for it. */
  readonly answers: string | undefined;
  readonly callIds: readonly string[];
  /** What pairs calls and results: equal for a call and the result that names it. */
  readonly callKeys: readonly string[];
  readonly answersKey: string;
  /** True where a user said, or showed, something. */
  readonly hasUserContent: boolean;
  readonly hash: string;
}

/**
 * The deprecated `function_call` has no id. Its own name on the wire takes that place, so that a call
 * without an id (some providers send an empty one) is still a call of today's kind.
 */
export const functionCallId = "function_call";

/** Members in which providers give a model's reasoning, beside what OpenAI documents. */
export const reasoningKeys = ["reasoning_content", "reasoning", "reasoning_details"] as const;

const roles: Readonly<Record<string, Role>> = {
  system: "system",
  developer: "system",
  user: "user",
  assistant: "assistant",
  tool: "tool",
  function: "tool",
};

/** Bytes of messages that are kept: about a fourth of what is then held in all. */
const keptBytesMax = 32 * 1024 * 1024;

/** Lists of messages, each message derived from once: an agent repeats its history on every turn. */
export const messageLists = new SeenElements<MessageShape>(keptBytesMax, (original, value, index) => {
  const message = objectOf(value);
  if (message === undefined) throw malformed(`messages[${index}] is not an object.`);
  return readMessage(original, message);
});

const noCalls: readonly Call[] = [];

function readMessage(original: string, message: JsonObject): MessageShape {
  const wireRole = stringOf(message["role"]) ?? "";
  const role = roles[wireRole];
  const content = readContent(message["content"]);
  const refusal = stringOf(message["refusal"]) ?? "";
  const calls = role === "assistant" ? callsOf(message) : noCalls;
  const name = stringOf(message["name"]);
  const answers = role === "tool" ? answeredBy(message, wireRole) : undefined;
  const texts =
    role === "assistant" ? [...content.texts, ...assistantTexts(message, refusal, calls)] : content.texts;
  const kind = kindOf(role, content, calls);
  return {
    original,
    wireRole,
    role: role ?? "user",
    kind,
    texts,
    media: content.media,
    calls,
    callIds: calls.map(({ id }) => id),
    callKeys: calls.map((call) => (call.id === functionCallId ? functionKey(call.name) : `id ${call.id}`)),
    answers,
    answersKey: answers === undefined || wireRole !== "function" ? `id ${answers}` : functionKey(answers),
    hasUserContent: role === "user" && kind !== "other" && texts.length + content.media.length > 0,
    hash: messageHash({
      role: role ?? wireRole,
      name: role === "assistant" || role === "tool" ? undefined : name,
      text: content.texts.join("") + refusal,
      attachments: content.attachments,
      calls,
    }),
  };
}

/** A `function` message names the function that it answers, and no id. */
function functionKey(name: string): string {
  return `function ${name}`;
}

/** The calls in an assistant message, of a request or of an answer. */
export function callsOf(message: JsonObject): Call[] {
  const calls = objectsOf(message["tool_calls"]).map((call) => callOf(call));
  const legacy = objectOf(message["function_call"]);
  if (legacy !== undefined) calls.push(callOf({ id: functionCallId, function: legacy }));
  return calls;
}

function callOf(call: JsonObject): Call {
  const id = stringOf(call["id"]) ?? "";
  const custom = objectOf(call["custom"]);
  if (custom !== undefined) {
    return {
      id,
      name: stringOf(custom["name"]) ?? "",
      kind: "custom",
      argumentsText: stringOf(custom["input"]) ?? "",
    };
  }
  const called = objectOf(call["function"]);
  return {
    id,
    name: stringOf(called?.["name"]) ?? "",
    kind: "function",
    argumentsText: argumentsTextOf(called?.["arguments"]),
  };
}

/** Arguments are a string that holds JSON; some providers put the object itself there. */
export function argumentsTextOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function kindOf(role: Role | undefined, content: Content, calls: readonly Call[]): PartKind {
  if (role === undefined) return "other";
  if (role === "system") return "system";
  if (role === "tool") return "result";
  if (calls.length > 0) return "call";
  if (content.texts.length > 0 || content.empty) return "text";
  return content.media.length > 0 ? "media" : "other";
}

/** What a model reads of its own earlier answer besides the content. */
function assistantTexts(message: JsonObject, refusal: string, calls: readonly Call[]): string[] {
  const reasoning = stringOf(message["reasoning_content"]) ?? stringOf(message["reasoning"]) ?? "";
  const called = calls.flatMap((call) => [call.name, call.argumentsText]);
  return [refusal, reasoning, ...called].filter((text) => text !== "");
}

function answeredBy(message: JsonObject, wireRole: string): string {
  const key = wireRole === "function" ? "name" : "tool_call_id";
  return stringOf(message[key]) ?? "";
}
