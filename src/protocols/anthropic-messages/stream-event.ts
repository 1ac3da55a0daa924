import { JsonTextError } from "../../wire/json-scan.ts";
import { parseAt, parseEditable, rootSpan } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import { Notes } from "../../wire/notes.ts";
import type { Frame } from "../../wire/sse.ts";
import { unreadable } from "./answer.ts";

/** One event of a stream: its data as text, and parsed. */
export interface StreamEvent {
  readonly type: string;
  readonly text: string;
  readonly payload: JsonObject;
}

/** The reading and the writing of a stream look at a frame, and so does its other form; it is parsed once. */
const known = new Notes<StreamEvent | null>();

/** The event in a frame; null for frames without one, such as the `[DONE]` that some gateways add. */
export function eventIn(frame: Frame): StreamEvent | null {
  const found = known.get(frame);
  if (found !== undefined) return found;
  const event = readFrame(frame);
  known.set(frame, event);
  return event;
}

function readFrame(frame: Frame): StreamEvent | null {
  const text = frame.data;
  if (text === undefined || text === "" || text === "[DONE]") return null;
  const payload = objectOf(parse(text));
  if (payload === undefined) throw unreadable("The upstream's stream has an event that is no JSON object.");
  return { type: stringOf(payload["type"]) ?? frame.event ?? "", text, payload };
}

function parse(text: string): unknown {
  try {
    return parsed(text);
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw unreadable(`The upstream's stream has an event that is not JSON. ${error.message}`, error);
  }
}

/** What the engine refuses is looked at again: to say what is wrong, or for a byte order mark. */
function parsed(text: string): unknown {
  try {
    return parseEditable(text);
  } catch {
    return parseAt(text, rootSpan(text));
  }
}
