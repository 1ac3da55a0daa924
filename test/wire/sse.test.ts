import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  commentFrame,
  eventFrame,
  frameOf,
  framesIn,
  FrameSplitter,
  SseError,
  type Frame,
} from "../../src/wire/sse.ts";

const roomy = { frameBytesMax: 1_000_000 };

function framesOf(stream: string | Uint8Array, cuts: readonly number[] = []) {
  const bytes = typeof stream === "string" ? Buffer.from(stream) : stream;
  const splitter = new FrameSplitter(roomy);
  const frames: Frame[] = [];
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    frames.push(...splitter.push(bytes.subarray(from, to)));
    from = to;
  }
  return { frames, rest: splitter.end() };
}

const fieldsOf = (frames: readonly Frame[]) =>
  frames.filter((frame) => !frame.isComment).map(({ event, data }) => ({ event, data }));

/** A reader written from the standard's own grammar, to compare with. */
function dispatched(stream: string) {
  const found: { event: string | undefined; data: string | undefined }[] = [];
  let event: string | undefined;
  let data: string[] = [];
  for (const line of stream
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .slice(0, -1)) {
    if (line === "") {
      if (event !== undefined || data.length > 0) {
        found.push({ event, data: data.length > 0 ? data.join("\n") : undefined });
      }
      event = undefined;
      data = [];
      continue;
    }
    const match = /^([^:]*)(?:: ?(.*))?$/s.exec(line);
    if (match?.[1] === "data") data.push(match[2] ?? "");
    if (match?.[1] === "event") event = match[2] ?? "";
  }
  return found;
}

const anyStream = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "\n",
        "\r\n",
        "\r",
        "\n\n",
        "\r\n\r\n",
        "\r\r",
        ": keep-alive",
        "data",
        "data:",
        "event: x",
      ),
      fc.constantFrom(
        "data: {}",
        "data:  two",
        "id: 1",
        "retry: 5",
        ":",
        "\u0000",
        "data: \ufeff",
        "datax: 1",
      ),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 30 },
  )
  .chain((pieces) => fc.constantFrom("", "\ufeff").map((mark) => mark + pieces.join("")));
const cuts = fc.array(fc.nat(), { maxLength: 20 });

describe("cutting a stream into frames", () => {
  it("gives frames whose bytes joined are the stream, however it was cut", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyStream.map((text) => Buffer.from(text)),
          fc.uint8Array(),
        ),
        cuts,
        (bytes, at) => {
          const { frames, rest } = framesOf(bytes, at);
          const joined = Buffer.concat([...frames.map((frame) => frame.bytes), rest ?? new Uint8Array()]);
          expect(joined.equals(Buffer.from(bytes))).toBe(true);
        },
      ),
    );
  });

  it("finds the events that the standard finds, however the stream was cut", () => {
    fc.assert(
      fc.property(anyStream, cuts, (stream, at) => {
        const { frames, rest } = framesOf(stream, at);
        const last = Buffer.from(rest ?? []).toString();
        // An event that lacks only the LF of its last CRLF is whole, and comes at the end.
        const own = frames.length === 0 ? last.replace(/^\ufeff/, "") : last;
        if (last.endsWith("\r\n\r")) frames.push(frameOf(own));
        expect(fieldsOf(frames)).toEqual(dispatched(stream));
      }),
      { numRuns: 1000 },
    );
  });

  it.each(["\n", "\r\n", "\r"])("reads lines that end with %j, one byte at a time", (end) => {
    const stream = ["event: ping", "data: one", "data: two", "", ""].join(end);
    const every = Array.from({ length: stream.length }, (_, index) => index);
    expect(fieldsOf(framesOf(stream, every).frames)).toEqual([{ event: "ping", data: "one\ntwo" }]);
  });

  it("gives an event out with its last byte, even where a CR ends the chunk", () => {
    const splitter = new FrameSplitter(roomy);
    expect(splitter.push(Buffer.from("data: 1\n\r"))).toHaveLength(1);
    const [stray, next] = splitter.push(Buffer.from("\ndata: 2\n\n"));
    expect(stray).toMatchObject({ isComment: true });
    expect(next).toMatchObject({ data: "2" });
  });

  it("keeps the last CRLF of an event together where the line before ended with one", () => {
    const splitter = new FrameSplitter(roomy);
    expect(splitter.push(Buffer.from("data: 1\r"))).toEqual([]);
    expect(splitter.push(Buffer.from("\n\r"))).toEqual([]);
    const [first, second, ...more] = splitter.push(Buffer.from("\ndata: 2\r\n\r\n"));
    expect([first, second].map((frame) => Buffer.from(frame?.bytes ?? []).toString())).toEqual([
      "data: 1\r\n\r\n",
      "data: 2\r\n\r\n",
    ]);
    expect(more).toEqual([]);
  });

  it("does not wait for an LF behind a line that ended with a return alone", () => {
    const splitter = new FrameSplitter(roomy);
    expect(splitter.push(Buffer.from(": x\r\ndata: 1\r"))).toEqual([]);
    expect(splitter.push(Buffer.from("\r"))).toMatchObject([{ data: "1" }]);
  });

  it("ends the event all the same where no LF comes, and gives it back where nothing comes", () => {
    const splitter = new FrameSplitter(roomy);
    expect(splitter.push(Buffer.from("data: 1\r\n\r"))).toEqual([]);
    const [first] = splitter.push(Buffer.from("data: 2\r\n\r"));
    expect(first).toMatchObject({ data: "1" });
    expect(frameOf(Buffer.from(splitter.end() ?? []).toString())).toMatchObject({ data: "2" });
  });

  it("takes a comment that is glued to the next event as part of that event", () => {
    const [frame] = framesOf(": note\ndata: 1\n\n").frames;
    expect(frame).toMatchObject({ isComment: false, data: "1" });
  });

  it("calls a comment, a stray blank line, and an id alone a comment", () => {
    const { frames } = framesOf(": a\n\n\nid: 7\n\n");
    expect(frames.map((frame) => frame.isComment)).toEqual([true, true, true]);
  });

  it("skips a byte order mark at the start of the stream, and refuses one elsewhere", () => {
    const [first, second] = framesOf("\ufeffdata: 1\n\n\ufeffdata: 2\n\n").frames;
    expect(first?.data).toBe("1");
    // Some clients skip the mark at the start of every line, and would read an event that nobody judged.
    expect(() => second?.isComment).toThrow(SseError);
    expect(() => framesOf(": a\n\ufeffdata: 2\n\n").frames[0]?.isComment).toThrow(SseError);
  });

  it("carries NUL bytes and bytes that are no UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from("data: a\u0000b"), Buffer.from([0xff]), Buffer.from("\n\n")]);
    const [frame] = framesOf(bytes).frames;
    expect(frame?.data).toBe("a\u0000b\ufffd");
    expect(Buffer.from(frame!.bytes).equals(bytes)).toBe(true);
  });

  it("reads a character whose bytes came in two chunks", () => {
    expect(fieldsOf(framesOf("data: €\n\n", [7]).frames)).toEqual([{ event: undefined, data: "€" }]);
  });

  it("gives a view on the chunk where a frame lies inside one", () => {
    const chunk = Buffer.from("data: 1\n\ndata: 2\n\n");
    const frames = new FrameSplitter(roomy).push(chunk);
    expect(frames.every((frame) => frame.bytes.buffer === chunk.buffer)).toBe(true);
  });

  it("gives back the bytes of an event that was never ended", () => {
    expect(framesOf("data: 1\n\ndata: 2\n").rest).toEqual(Buffer.from("data: 2\n"));
    expect(framesOf("data: 1\n\n").rest).toBeNull();
  });

  it("refuses a frame over the limit, also while it is still coming", () => {
    const whole = new FrameSplitter({ frameBytesMax: 10 });
    expect(whole.push(Buffer.from("data: 12\n\n"))).toHaveLength(1);
    expect(() => whole.push(Buffer.from("data: 123\n\n"))).toThrow(SseError);
    const coming = new FrameSplitter({ frameBytesMax: 10 });
    coming.push(Buffer.from("data: 1234"));
    expect(() => coming.push(Buffer.from("5"))).toThrow("larger than 10 bytes");
  });

  it("reads 64 KiB of carriage returns in one pass", () => {
    const chunk = Buffer.alloc(65_536, "\r");
    expect(new FrameSplitter(roomy).push(chunk)).toHaveLength(65_536);
  });
});

describe("the frames of a whole stream", () => {
  it("are those that a splitter finds, whatever the line ends", () => {
    expect(framesIn("data: 1\n\n: a\r\n\r\nevent: b\rdata: 2\r\r")).toMatchObject([
      { data: "1" },
      { isComment: true },
      { event: "b", data: "2" },
    ]);
    expect(framesIn("")).toEqual([]);
  });

  it("end with what no blank line closes", () => {
    for (const end of ["data: 2", "data: 2\n", "data: 2\r\n"]) {
      expect(framesIn(`data: 1\n\n${end}`)).toMatchObject([{ data: "1" }, { data: "2" }]);
    }
  });
});

describe("writing frames", () => {
  it("writes an event that reads as itself", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (data, event) => {
        const clean = { event: event.replaceAll(/[\r\n]/g, ""), data: data.replaceAll(/\r\n?/g, "\n") };
        const [frame, ...more] = framesOf(eventFrame(clean)).frames;
        expect(more).toEqual([]);
        expect(frame).toMatchObject(clean);
        expect(frameOf(Buffer.from(frame!.bytes).toString())).toMatchObject(clean);
      }),
    );
  });

  it("keeps line feeds out of a comment, so that nothing can follow it as an event", () => {
    expect(Buffer.from(commentFrame("a\n\ndata: forged\r\rb")).toString()).toBe(": a data: forged b\n\n");
  });
});
