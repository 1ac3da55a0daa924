import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { joinedAnswer } from "../../src/proxy/joined-answer.ts";
import type { ReceivedAnswer } from "../../src/proxy/received-answer.ts";
import { arrivedAnswer, arrivingAnswer, type ArrivingAnswer } from "./support/arriving-answer.ts";

/** Says first what was there before, and leaves frames out that say nothing. */
const join = (): { take(frame: { readonly data: string | undefined }): Uint8Array[] } => {
  let isFirst = true;
  return {
    take({ data }) {
      const before = isFirst ? [Buffer.from("before ")] : [];
      isFirst = false;
      if (data === "bad") throw new Error("cannot be joined");
      return data === undefined ? before : [...before, Buffer.from(`${data} `)];
    },
  };
};

function begun(): { readonly arriving: ArrivingAnswer; readonly joined: ReceivedAnswer } {
  const arriving = arrivingAnswer();
  arriving.start();
  arriving.headers(200, ["content-type", "text/event-stream", "content-length", "9", "x-a", "b"]);
  return { arriving, joined: joinedAnswer(arriving.answer, join(), 100) };
}

function toldBy(joined: ReceivedAnswer, goOn: () => boolean = () => true): string[] {
  const told: string[] = [];
  joined.read({
    take: (chunk) => {
      told.push(chunk.toString());
      return goOn();
    },
    end: () => void told.push("end"),
    fail: (cause) => void told.push(`fail: ${cause.message}`),
  });
  return told;
}

it("is one answer, frame by frame, whether it is read before or after it came", () => {
  for (const isEarly of [true, false]) {
    const { arriving, joined } = begun();
    const early = isEarly ? toldBy(joined) : [];
    arriving.chunk("data: a\n\nda");
    arriving.chunk("ta: b\n\n: note\n\n");
    arriving.end();
    const told = isEarly ? early : toldBy(joined);
    expect(told).toEqual(["before a ", "b ", "end"]);
    expect([joined.status, joined.headers]).toEqual([200, ["content-type", "text/event-stream", "x-a", "b"]]);
  }
});

it("is without the coding of what it goes on with", async () => {
  const zipped = arrivedAnswer(gzipSync("data: a\n\n"), ["content-encoding", "gzip"]);
  const joined = joinedAnswer(zipped, join(), 100);
  expect(String(await joined.whole(100, () => new Error("too large")))).toBe("before a ");
  expect(joined.headers).toEqual([]);
});

it("hands on what has no end", () => {
  const { arriving, joined } = begun();
  const told = toldBy(joined);
  arriving.chunk("data: a\n\ndata: b");
  arriving.end();
  expect(told).toEqual(["before a ", "data: b", "end"]);
});

it("breaks off as what it goes on with does", () => {
  const { arriving, joined } = begun();
  const told = toldBy(joined);
  arriving.chunk("data: a\n\n");
  arriving.fail(new Error("gone"));
  expect(told).toEqual(["before a ", "fail: gone"]);
});

it("breaks off, and lets the upstream go, where a frame cannot be joined or is too large", () => {
  for (const chunk of ["data: bad\n\n", `data: ${"x".repeat(100)}\n\n`]) {
    const { arriving, joined } = begun();
    const told = toldBy(joined);
    arriving.chunk("data: a\n\n");
    arriving.chunk(chunk);
    expect(told).toEqual(["before a ", expect.stringMatching(/^fail: (cannot|A frame)/)]);
    expect(arriving.asked.at(-1)).toMatch(/^abort: /);
  }
});

it("lets the upstream wait for its reader, and go with it", () => {
  const { arriving, joined } = begun();
  let isFull = true;
  const told = toldBy(joined, () => !isFull);
  arriving.chunk("data: a\n\n");
  expect(arriving.asked.at(-1)).toBe("pause");
  isFull = false;
  joined.resume();
  expect(arriving.asked.at(-1)).toBe("resume");
  arriving.chunk("data: b\n\n");
  expect(told).toEqual(["before a ", "b "]);
  joined.cancel(new Error("left"));
  expect([arriving.asked.at(-1), told.at(-1)]).toEqual(["abort: left", "fail: left"]);
});
