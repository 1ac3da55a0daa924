import { JsonTextError } from "../../wire/json-scan.ts";
import { parseAt, rootSpan } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import type { Frame } from "../../wire/sse.ts";
import { unreadable } from "./answer.ts";

/** One event of a stream: its data as text, and parsed. */
export interface StreamEvent {
  readonly type: string;
  readonly text: string;
  readonly payload: JsonObject;
}

/** The event in a frame; null for frames without one, such as the `[DONE]` that some gateways add. */
export function eventIn(frame: Frame): StreamEvent | null {
  const text = frame.data;
  if (text === undefined || text === "" || text === "[DONE]") return null;
  const payload = objectOf(parse(text));
  if (payload === undefined) throw unreadable("The upstream's stream has an event that is no JSON object.");
  return { type: stringOf(payload["type"]) ?? frame.event ?? "", text, payload };
}

function parse(text: string): unknown {
  try {
    return parseAt(text, rootSpan(text));
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    throw unreadable(`The upstream's stream has an event that is not JSON. ${error.message}`, error);
  }
}
