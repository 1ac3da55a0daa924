import type { TurnCall } from "../../exchange/turn.ts";
import { applyEdits, setMember } from "../../wire/json-edit.ts";
import { member, parseAt, rootSpan } from "../../wire/json-text.ts";
import { arrayOf, objectOf, stringOf } from "../../wire/json-value.ts";
import { framesIn } from "../../wire/sse.ts";
import { ifReadable } from "../if-readable.ts";
import { readAnswer } from "./answer.ts";
import { isUnderWay } from "./output.ts";
import { eventOf, opening, terminal, type StreamEvent } from "./stream-event.ts";
import { ResponseStreamReader } from "./stream-reader.ts";

/** The event that ends a stream, and the calls that were told before it. */
interface Last {
  readonly event: StreamEvent;
  readonly calls: readonly TurnCall[];
}

/**
 * The whole answer that a stream tells: the response in its last event, also where that failed. Null
 * where it did not come, where an event `error` did, and where it tells of another answer than the events
 * before it.
 */
export function wholeOf(stream: string): string | null {
  return ifReadable(() => {
    const reader = new ResponseStreamReader();
    const ids = new Set<string>();
    let last: Last | undefined;
    for (const frame of framesIn(stream)) {
      if (reader.ended) break;
      const event = eventOf(frame);
      if (event.kind !== "event") continue;
      if (event.type === "error") return null;
      const isLast = terminal.has(event.type);
      if (isLast) last = { event, calls: reader.turn().calls };
      reader.read(frame);
      const id = stringOf(objectOf(event.body["response"])?.["id"]);
      if (id !== undefined && (isLast || opening.has(event.type))) ids.add(id);
    }
    if (last === undefined || ids.size > 1) return null;
    return last.event.type === "response.failed" ? failedIn(last) : endedIn(last, reader);
  });
}

/** What came of an answer that failed need not be whole. */
function failedIn({ event }: Last): string | null {
  return objectOf(event.body["response"])?.["status"] === "failed" ? responseIn(event) : null;
}

/** Arguments were compared while the stream was read. */
function endedIn({ event, calls }: Last, reader: ResponseStreamReader): string | null {
  const told = responseIn(event);
  const whole = told === null ? null : withItems(told, reader);
  if (whole === null) return null;
  const response = objectOf(parseAt(whole, rootSpan(whole))) ?? {};
  const { turn } = readAnswer(whole);
  const isTheSame =
    !isUnderWay(response) &&
    turn.text === reader.turn().text &&
    arrayOf(response["output"]).length === reader.items.length &&
    calls.every(({ id, name }, at) => turn.calls[at]?.id === id && turn.calls[at].name === name);
  return isTheSame ? whole : null;
}

/** The response in an event, as JSON text; null where there is none. */
export function responseIn({ text, body }: StreamEvent): string | null {
  const span = member(text, rootSpan(text), "response");
  const isObject = objectOf(body["response"]) !== undefined;
  return span === undefined || !isObject ? null : text.slice(span.start, span.end);
}

/** Some servers leave the items out of the last event. The SDK takes those that were closed, and so do we. */
function withItems(response: string, { items }: ResponseStreamReader): string | null {
  const root = rootSpan(response);
  const output = member(response, root, "output");
  const told = output === undefined ? undefined : parseAt(response, output);
  if (items.length === 0 || arrayOf(told).length > 0) return response;
  if (items.some(({ closed }) => !closed)) return null;
  const list = `[${items.map(({ raw }) => raw).join(",")}]`;
  return applyEdits(response, [setMember(response, root, "output", list)]);
}
