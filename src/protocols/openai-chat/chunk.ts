import type { FrameRole } from "../protocol.ts";
import { arrayOf, objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import type { Frame } from "../../wire/sse.ts";
import { choiceIndex, unreadable } from "./answer.ts";

/** One choice in a chunk of a stream. */
export interface ChunkChoice {
  readonly index: number;
  readonly delta: JsonObject;
  readonly finishReason: string | undefined;
}

/** What one frame says. */
export type Chunk =
  | { readonly kind: "comment" }
  | { readonly kind: "done" }
  | { readonly kind: "nothing" }
  | { readonly kind: "error" }
  | {
      readonly kind: "chunk";
      readonly text: string;
      readonly body: JsonObject;
      readonly choices: readonly ChunkChoice[];
    };

/** Reads one frame: https://platform.openai.com/docs/api-reference/chat-streaming/streaming */
export function readChunk(frame: Frame): Chunk {
  if (frame.isComment) return { kind: "comment" };
  // The SDK throws for an event of this name, whatever it holds.
  if (frame.event === "error") return { kind: "error" };
  const text = frame.data?.trim() ?? "";
  if (text === "") return { kind: "nothing" };
  // The SDK ends at whatever begins with this mark.
  if (text.startsWith("[DONE]")) return { kind: "done" };
  const body = parsedChunk(text);
  if (body["error"]) return { kind: "error" };
  const choices = objectsOf(body["choices"]).map((choice, place) => ({
    index: choiceIndex(choice, place),
    delta: objectOf(choice["delta"]) ?? {},
    finishReason: stringOf(choice["finish_reason"]),
  }));
  return { kind: "chunk", text: frame.data ?? "", body, choices };
}

function parsedChunk(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable("A chunk of the model's stream is not valid JSON.", cause);
  }
  const body = objectOf(value);
  if (body === undefined) throw unreadable("A chunk of the model's stream is not a JSON object.");
  return body;
}

/** What a chunk is for, as far as holding back is concerned. */
export function roleOf(chunk: Chunk): FrameRole {
  switch (chunk.kind) {
    case "comment":
      return "comment";
    case "error":
      return "error";
    case "done":
      return "end";
    case "nothing":
      return "preamble";
    case "chunk":
      return roleOfChoices(chunk.choices, chunk.body);
  }
}

function roleOfChoices(choices: readonly ChunkChoice[], body: JsonObject): FrameRole {
  if (choices.some(({ delta }) => hasCalls(delta))) return "call";
  // Together with the last text, the reason to stop must wait as if it came alone.
  if (choices.some(({ finishReason }) => finishReason !== undefined)) return "end";
  if (choices.some(({ delta }) => saysSomething(delta))) return "text";
  return choices.length === 0 && objectOf(body["usage"]) !== undefined ? "end" : "preamble";
}

function hasCalls(delta: JsonObject): boolean {
  return arrayOf(delta["tool_calls"]).length > 0 || objectOf(delta["function_call"]) !== undefined;
}

/** True where the delta holds anything but a role: text, reasoning, or what this version does not know. */
export function saysSomething(delta: JsonObject): boolean {
  return Object.entries(delta).some(
    ([key, value]) =>
      key !== "role" &&
      value !== null &&
      value !== undefined &&
      value !== "" &&
      !(Array.isArray(value) && value.length === 0),
  );
}
