import { objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { Notes } from "../../wire/notes.ts";
import type { Frame } from "../../wire/sse.ts";
import { errorBodyIn, objectIn, unreadable } from "../openai-answer.ts";
import { isClientCall } from "./item-call.ts";

/** What one frame says. `text` is its data, without space around it: clients trim more than JSON's own. */
export type FrameEvent =
  | { readonly kind: "comment" }
  | { readonly kind: "nothing" }
  /** The mark of other protocols, which some servers send here too. */
  | { readonly kind: "done" }
  | { readonly kind: "event"; readonly type: string; readonly text: string; readonly body: JsonObject };

export type StreamEvent = FrameEvent & { readonly kind: "event" };

/** Both the reading and the writing of a stream look at a frame; it is parsed once. */
const known = new Notes<FrameEvent>();

/** Reads one frame: https://platform.openai.com/docs/api-reference/responses-streaming */
export function eventOf(frame: Frame): FrameEvent {
  const found = known.get(frame);
  if (found !== undefined) return found;
  const event = readFrame(frame);
  known.set(frame, event);
  return event;
}

function readFrame(frame: Frame): FrameEvent {
  if (frame.isComment) return { kind: "comment" };
  const text = frame.data?.trim() ?? "";
  // The SDK throws for an event of this name, and for an error in any event, whatever else it holds.
  if (frame.event === "error") return errorIn(text, errorBodyIn(text), {});
  if (text === "") return { kind: "nothing" };
  // The SDK ends at whatever begins with this mark.
  if (text.startsWith("[DONE]")) return { kind: "done" };
  const body = objectIn(text, "An event of the model's stream");
  if (body["error"]) return errorIn(text, body, body);
  return { kind: "event", type: stringOf(body["type"]) ?? frame.event ?? "", text, body };
}

/** An error leaves as it came, and not every client looks for it first: one with a call does not leave. */
function errorIn(text: string, said: JsonObject, body: JsonObject): FrameEvent {
  const type = stringOf(said["type"]) ?? "";
  const output = objectsOf(objectOf(said["response"])?.["output"]);
  const isPiece = /^response\.(?:function_call_arguments|custom_tool_call_input)\./.test(type);
  if (isPiece || [objectOf(said["item"]) ?? {}, ...output].some(isClientCall))
    throw unreadable("An event of the model's stream is an error and holds a call.");
  return { kind: "event", type: "error", text, body };
}

/** Events that carry the whole response. */
export const opening: ReadonlySet<string> = new Set([
  "response.created",
  "response.queued",
  "response.in_progress",
]);
export const terminal: ReadonlySet<string> = new Set([
  "response.completed",
  "response.incomplete",
  "response.cancelled",
  "response.failed",
]);
