import { LRUCache } from "lru-cache";
import type { Media, PartKind, Role } from "../../exchange/prompt.ts";
import type { Call } from "../../exchange/turn.ts";
import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { readContent, type Content } from "./content.ts";
import { messageHash } from "./message-hash.ts";

/** All that is derived from one message, and from nothing but its text. */
export interface MessageShape {
  /** The role as it stands there: `developer` and `function` are told apart from their kin. */
  readonly wireRole: string;
  readonly role: Role;
  readonly kind: PartKind;
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  readonly calls: readonly Call[];
  /** The id of the call that a result answers; for `function` messages the name stands for it. */
  readonly answers: string | undefined;
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

/**
 * An agent sends its whole history again on every turn: what was derived from a message is kept by
 * the message's text. The values are pure functions of their key, so tenants may share them.
 */
const shapes = new LRUCache<string, MessageShape>({
  maxSize: 64 * 1024 * 1024,
  sizeCalculation: (shape, raw) => 4 * raw.length + 64 * (shape.calls.length + shape.texts.length) + 512,
});

/** The shape of a message from its JSON text. `parse` is asked only where the text is new. */
export function shapeOf(raw: string, parse: () => unknown): MessageShape | undefined {
  const known = shapes.get(raw);
  if (known !== undefined) return known;
  const message = objectOf(parse());
  if (message === undefined) return undefined;
  const shape = readMessage(message);
  // A slice keeps the whole body that it was cut from in memory; this copy stands alone.
  shapes.set(` ${raw}`.slice(1), shape);
  return shape;
}

function readMessage(message: JsonObject): MessageShape {
  const wireRole = stringOf(message["role"]) ?? "";
  const role = roles[wireRole];
  const content = readContent(message["content"]);
  const refusal = stringOf(message["refusal"]) ?? "";
  const calls = role === "assistant" ? callsOf(message) : [];
  const name = stringOf(message["name"]);
  return {
    wireRole,
    role: role ?? "user",
    kind: kindOf(role, content, calls),
    texts: [...content.texts, ...(role === "assistant" ? assistantTexts(message, refusal, calls) : [])],
    media: content.media,
    calls,
    answers: role === "tool" ? answeredBy(message, wireRole) : undefined,
    hash: messageHash({
      role: role ?? wireRole,
      name: role === "assistant" || role === "tool" ? undefined : name,
      text: content.texts.join("") + refusal,
      attachments: content.attachments,
      calls,
    }),
  };
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

/** True where a user said, or showed, something. */
export function isUserContent(shape: MessageShape): boolean {
  return shape.role === "user" && shape.kind !== "other" && shape.texts.length + shape.media.length > 0;
}
