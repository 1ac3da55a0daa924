import { isDeepStrictEqual } from "node:util";
import { frameOf, FrameSplitter, SseError, type Frame } from "../../src/wire/sse.ts";
import { pick, type Random, type Target } from "./fuzz.ts";
import { streamWords } from "./words.ts";

interface Dispatched {
  readonly event: string | undefined;
  readonly data: string | undefined;
}

/**
 * The events of a whole stream, read the way the specification says it, line by line and knowing
 * nothing of chunks: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
function eventsOf(bytes: Uint8Array): Dispatched[] {
  const decoded = Buffer.from(bytes).toString("utf8");
  const text = decoded.startsWith("\ufeff") ? decoded.slice(1) : decoded;
  const events: Dispatched[] = [];
  let event: string | undefined;
  let values: string[] | undefined;
  const lines = text.split(/\r\n|\n|\r/);
  // What stands behind the last line end is no line yet.
  for (const line of lines.slice(0, -1)) {
    if (line === "") {
      if (event !== undefined || values !== undefined) events.push({ event, data: values?.join("\n") });
      event = undefined;
      values = undefined;
      continue;
    }
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") event = value;
    if (name === "data") values = [...(values ?? []), value];
  }
  return events;
}

function split(
  bytes: Uint8Array,
  cuts: readonly number[],
  frameBytesMax: number,
): { frames: Frame[]; rest: Uint8Array | null } {
  const splitter = new FrameSplitter({ frameBytesMax });
  const frames: Frame[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    frames.push(...splitter.push(bytes.subarray(from, to)));
    from = to;
  }
  return { frames, rest: splitter.end() };
}

function cutsOf(random: Random, length: number): number[] {
  if (random() < 0.1) return Array.from({ length }, (_, i) => i);
  const cuts = Array.from({ length: pick(random, 6) }, () => pick(random, length + 1));
  return cuts.sort((one, other) => one - other);
}

/** A frame that is whole but for the LF of its last CRLF, which a stream that ends there never sends. */
function awaited(rest: Uint8Array | null, isFirst: boolean): Frame[] {
  const all = Buffer.from(rest ?? []).toString("utf8");
  const text = isFirst && all.startsWith("\ufeff") ? all.slice(1) : all;
  return text.endsWith("\r\n\r") ? [frameOf(text)] : [];
}

/** What the frames say; ambiguous where clients read a line of them differently. */
function read(frames: readonly Frame[]): readonly Dispatched[] | "ambiguous" {
  try {
    return frames.filter(({ isComment }) => !isComment).map(({ event, data }) => ({ event, data }));
  } catch (thrown) {
    if (thrown instanceof SseError) return "ambiguous";
    throw thrown;
  }
}

/** Any stream, cut anywhere: no byte is lost, and the events are those of the specification. */
export const sseTarget: Target = {
  name: "sse",
  corpus: [
    "data: one\n\ndata: two\n\n",
    "event: x\r\ndata: {}\r\n\r\n: comment\r\n\r\n",
    "data\rdata:\r\r\n\n",
    "\ufeffdata: a\ndata: b\nid: 1\nretry: 5\n\n",
  ].map((text) => Buffer.from(text)),
  words: [...streamWords, "data", "\u00fc", "\u{1f600}"],
  check(input, random) {
    const cuts = cutsOf(random, input.length);
    const { frames, rest } = split(input, cuts, input.length + 1);
    const joined = Buffer.concat([...frames.map(({ bytes }) => bytes), rest ?? Buffer.alloc(0)]);
    if (!joined.equals(Buffer.from(input))) throw new Error("Bytes were lost, or came twice.");
    const said = read([...frames, ...awaited(rest, frames.length === 0)]);
    if (said === "ambiguous") {
      if (!/[\r\n]\ufeff|^\ufeff\ufeff/.test(Buffer.from(input).toString("utf8")))
        throw new Error("A stream of plain lines was refused.");
      return "ambiguous";
    }
    const expected = eventsOf(input);
    if (!isDeepStrictEqual(said, expected)) {
      throw new Error(`The events are ${JSON.stringify(said)}, and not ${JSON.stringify(expected)}.`);
    }
    const limit = 1 + pick(random, 30);
    // Cut as before: a return that ends a chunk ends its frame, so other cuts give other frames.
    const largest = Math.max(0, ...frames.map(({ bytes }) => bytes.length), rest?.length ?? 0);
    let refused = false;
    try {
      split(input, cuts, limit);
    } catch (thrown) {
      if (!(thrown instanceof SseError)) throw thrown;
      refused = true;
    }
    if (refused && largest <= limit) throw new Error("A stream of small frames was refused.");
    return `${Math.min(said.length, 9)} events, ${Math.min(frames.length, 9)} frames, rest ${rest !== null}, ${refused}`;
  },
};
