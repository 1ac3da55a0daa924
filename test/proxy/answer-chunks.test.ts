import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerChunks } from "../../src/proxy/answer-chunks.ts";
import { arrivedAnswer, arrivingAnswer, type ArrivingAnswer } from "./support/arriving-answer.ts";

function begun(signal = new AbortController().signal): { arriving: ArrivingAnswer; chunks: AnswerChunks } {
  const arriving = arrivingAnswer();
  arriving.start();
  arriving.headers(200);
  return { arriving, chunks: new AnswerChunks(arriving.answer, signal) };
}

const textOf = async (chunks: AnswerChunks): Promise<string | undefined> =>
  (await chunks.next()).value?.toString();

describe("an answer in pieces", () => {
  it("gives what one read brought as one piece", async () => {
    const { arriving, chunks } = begun();
    const first = textOf(chunks);
    arriving.chunk("a");
    arriving.chunk("b");
    expect(await first).toBe("ab");
    const second = textOf(chunks);
    arriving.chunk("c");
    expect(await second).toBe("c");
  });

  it("gives what came before it was asked for, then says that it is over", async () => {
    const chunks = new AnswerChunks(arrivedAnswer(Buffer.from("abc")), new AbortController().signal);
    expect(await textOf(chunks)).toBe("abc");
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
  });

  it("gives the last bytes before what broke it", async () => {
    const { arriving, chunks } = begun();
    arriving.chunk("abc");
    arriving.fail(new Error("reset"));
    expect(await textOf(chunks)).toBe("abc");
    await expect(chunks.next()).rejects.toThrow("reset");
  });

  it("tells the upstream to wait while nobody reads, and to go on once somebody does", async () => {
    const { arriving, chunks } = begun();
    arriving.chunk(Buffer.alloc(200_000));
    expect(arriving.asked).toEqual([]);
    arriving.chunk(Buffer.alloc(100_000));
    expect(arriving.asked).toEqual(["pause"]);
    expect((await chunks.next()).value).toHaveLength(300_000);
    expect(arriving.asked).toEqual(["pause", "resume"]);
  });

  it("is given up with its signal: what came is not shown any more", async () => {
    const stop = new AbortController();
    const { arriving, chunks } = begun(stop.signal);
    arriving.chunk("abc");
    stop.abort(new Error("too much"));
    await expect(chunks.next()).rejects.toThrow("too much");
    expect(arriving.asked).toEqual(["abort: too much"]);
  });

  it("ends a wait that is under way when it is given up, or breaks", async () => {
    const stop = new AbortController();
    const stopped = begun(stop.signal);
    const waiting = stopped.chunks.next();
    stop.abort(new Error("too much"));
    await expect(waiting).rejects.toThrow("too much");
    const broken = begun();
    const hoping = broken.chunks.next();
    broken.arriving.fail(new Error("reset"));
    await expect(hoping).rejects.toThrow("reset");
  });

  it("closes the connection of an answer that nobody reads on, and leaves one that ended", () => {
    const left = begun();
    left.chunks.destroy();
    expect(left.arriving.asked).toEqual(["abort: the answer is not wanted"]);
    const ended = begun();
    ended.arriving.end();
    ended.chunks.destroy();
    expect(ended.arriving.asked).toEqual([]);
  });

  it("loses no byte and swaps none, however it comes and is read", async () => {
    const step = fc.oneof(fc.string({ maxLength: 5 }), fc.constant("turn" as const));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { arriving, chunks } = begun();
        const reading = (async () => {
          let text = "";
          for await (const chunk of chunks) text += chunk.toString();
          return text;
        })();
        let sent = "";
        for (const one of steps) {
          if (one === "turn") await new Promise((resolve) => setImmediate(resolve));
          else if (one !== "") {
            arriving.chunk(one);
            sent += one;
          }
        }
        arriving.end();
        expect(await reading).toBe(Buffer.from(sent).toString());
      }),
      { numRuns: 100 },
    );
  });
});
