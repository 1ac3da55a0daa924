import type { FrameRole } from "../protocol.ts";
import { arrayOf, objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import type { Frame } from "../../wire/sse.ts";
import { errorBodyIn, objectIn, unreadable } from "../openai-answer.ts";
import { choiceIndex } from "./answer.ts";

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
  const text = frame.data?.trim() ?? "";
  // The SDK throws for an event of this name, whatever it holds.
  if (frame.event === "error") return errorIn(errorBodyIn(text));
  if (text === "") return { kind: "nothing" };
  // The SDK ends at whatever begins with this mark.
  if (text.startsWith("[DONE]")) return { kind: "done" };
  const body = objectIn(text, "A chunk of the model's stream");
  if (body["error"]) return errorIn(body);
  return { kind: "chunk", text, body, choices: choicesIn(body) };
}

function choicesIn(body: JsonObject): readonly ChunkChoice[] {
  return objectsOf(body["choices"]).map((choice, place) => ({
    index: choiceIndex(choice, place),
    delta: objectOf(choice["delta"]) ?? {},
    finishReason: stringOf(choice["finish_reason"]),
  }));
}

/** An error leaves as it came, and not every client looks for it first: one with a call does not leave. */
function errorIn(body: JsonObject): Chunk {
  if (!choicesIn(body).some(({ delta }) => hasCalls(delta))) return { kind: "error" };
  throw unreadable("A chunk of the model's stream is an error and holds a call.");
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
  return Object.keys(delta).some((key) => {
    const value = delta[key];
    if (key === "role" || value === null || value === undefined || value === "") return false;
    return !(Array.isArray(value) && value.length === 0);
  });
}
