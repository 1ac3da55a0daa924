import { applyEdits, setMembers } from "../../wire/json-edit.ts";
import { members, parseAt, rootSpan, type Span } from "../../wire/json-text.ts";
import { objectOf, type JsonObject } from "../../wire/json-value.ts";
import { eventFrame } from "../../wire/sse.ts";
import { oneLine } from "../../wire/one-line.ts";
import { ifReadable } from "../if-readable.ts";
import { errorOfFailed } from "./failed-response.ts";
import { itemEvents, type ToldEvent } from "./item-events.ts";
import { outputOf } from "./output-edit.ts";

/** What a response has not got before it ends, as the opening events have it. */
const unknownYet: readonly (readonly [name: string, json: string])[] = [
  ["completed_at", "null"],
  ["error", "null"],
  ["incomplete_details", "null"],
  ["usage", "null"],
];

/**
 * The stream that a whole answer would have been: one piece of each text, and every event that the
 * provider sends around it. For an answer that failed that is its error, which clients look for. Null
 * for one that is under way or was cancelled, and where an item cannot be told in pieces.
 */
export function streamOf(answer: string): string | null {
  return ifReadable(() => {
    const root = rootSpan(answer);
    const response = objectOf(parseAt(answer, root));
    const output = response === undefined ? undefined : outputOf(answer, root);
    const last = response === undefined ? undefined : terminalOf(response);
    if (response === undefined || output === undefined || last === undefined) return null;
    const opened = `"response":${openedResponse(answer, root)}`;
    const events: ToldEvent[] = [
      { type: "response.created", members: opened },
      { type: "response.in_progress", members: opened },
    ];
    const isFailed = last === "response.failed";
    // What came of an answer that failed is of no use: no call in it is to be made.
    for (const [index, { start, end }] of (isFailed ? [] : output.items).entries()) {
      const told = itemEvents(answer.slice(start, end), index);
      if (told === null) return null;
      events.push(...told);
    }
    const frames = events.map((event, number) => frameOf(event, number));
    if (isFailed) frames.push(errorOfFailed(response, frames.length));
    const whole = answer.slice(root.start, root.end);
    frames.push(frameOf({ type: last, members: `"response":${whole}` }, frames.length));
    return Buffer.concat(frames).toString("utf8");
  });
}

/** The event that ends the stream of a response; undefined where none does. */
function terminalOf({ status }: JsonObject): string | undefined {
  switch (status) {
    // Servers that speak the protocol may leave the status out.
    case undefined:
    case "completed":
      return "response.completed";
    case "incomplete":
    case "failed":
      return `response.${status}`;
    default:
      return undefined;
  }
}

function openedResponse(answer: string, root: Span): string {
  const names = new Set(members(answer, root).map(({ key }) => key));
  const edits = setMembers(answer, root, [
    ["status", '"in_progress"'],
    ["output", "[]"],
    ...unknownYet.filter(([name]) => names.has(name)),
  ]);
  const opened = applyEdits(answer, edits);
  const { start, end } = rootSpan(opened);
  return opened.slice(start, end);
}

function frameOf({ type, members: rest }: ToldEvent, number: number): Uint8Array {
  return eventFrame({ event: type, data: oneLine(`{"type":"${type}","sequence_number":${number},${rest}}`) });
}
