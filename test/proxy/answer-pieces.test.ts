import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { piecesOf, readPieces, type Taken } from "../../src/proxy/answer-pieces.ts";
import { Stopping } from "../../src/proxy/stopping.ts";
import { arrivedAnswer, arrivingAnswer, type ArrivingAnswer } from "./support/arriving-answer.ts";

const client = { left: false, onLeave: () => {} };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Scene {
  readonly arriving: ArrivingAnswer;
  readonly pieces: string[];
  readonly stopping: Stopping;
  readonly done: Promise<void>;
}

function begun(taken: (piece: string) => Taken = () => "more", isEnded = () => false): Scene {
  const arriving = arrivingAnswer();
  arriving.start();
  arriving.headers(200);
  const pieces: string[] = [];
  const stopping = new Stopping(client);
  const done = readPieces(arriving.answer, stopping, {
    take(piece) {
      pieces.push(piece.toString());
      return taken(piece.toString());
    },
    get ended() {
      return isEnded();
    },
  });
  done.catch(() => {});
  return { arriving, pieces, stopping, done };
}

describe("an answer in pieces", () => {
  it("comes as one piece where one read brought it", async () => {
    const { arriving, pieces, done } = begun();
    arriving.chunk("a");
    arriving.chunk("b");
    await turn();
    arriving.chunk("c");
    await turn();
    expect(pieces).toEqual(["ab", "c"]);
    arriving.end();
    await done;
  });

  it("comes whole where it was there before somebody asked", async () => {
    const pieces: string[] = [];
    await readPieces(arrivedAnswer(Buffer.from("abc")), client, {
      take: (piece) => (pieces.push(piece.toString()), "more"),
      ended: false,
    });
    expect(pieces).toEqual(["abc"]);
  });

  it("gives the last bytes before what broke it", async () => {
    const { arriving, pieces, done } = begun();
    arriving.chunk("abc");
    arriving.fail(new Error("reset"));
    await expect(done).rejects.toThrow("reset");
    expect(pieces).toEqual(["abc"]);
  });

  it("tells the upstream to wait while its taker does, and to go on behind it", async () => {
    const waits: PromiseWithResolvers<"more">[] = [];
    const { arriving, pieces } = begun(() => {
      waits.push(Promise.withResolvers());
      return waits.at(-1)?.promise ?? "more";
    });
    arriving.chunk("first");
    await turn();
    arriving.chunk(Buffer.alloc(200_000, "x"));
    expect(arriving.asked).toEqual([]);
    arriving.chunk(Buffer.alloc(100_000, "x"));
    expect(arriving.asked).toEqual(["pause"]);
    await turn();
    expect(pieces).toEqual(["first"]);
    waits[0]?.resolve("more");
    await turn();
    expect(pieces[1]).toHaveLength(300_000);
    expect(arriving.asked).toEqual(["pause", "resume"]);
  });

  it("is given up with whoever waits: what came is not shown any more", async () => {
    const { arriving, pieces, stopping, done } = begun();
    arriving.chunk("abc");
    stopping.stop(new Error("too much"));
    await expect(done).rejects.toThrow("too much");
    expect(pieces).toEqual([]);
    expect(arriving.asked).toEqual(["abort: too much"]);
  });

  it("is not begun for one who left before", async () => {
    const stopping = new Stopping(client);
    stopping.stop(new Error("gone"));
    const taker = { take: (): Taken => expect.unreachable(), ended: false };
    await expect(readPieces(arrivedAnswer(Buffer.from("abc")), stopping, taker)).rejects.toThrow("gone");
  });

  it("ends at once where enough was taken, and where the taker throws; its connection is closed", async () => {
    const enough = begun(() => "enough");
    enough.arriving.chunk("a");
    await enough.done;
    expect(enough.arriving.asked).toEqual(["abort: the answer is not wanted"]);
    const later = begun(() => Promise.resolve("enough"));
    later.arriving.chunk("a");
    await later.done;
    expect(later.arriving.asked).toEqual(["abort: the answer is not wanted"]);
    const thrown = begun(() => {
      throw new Error("no frame");
    });
    thrown.arriving.chunk("a");
    await expect(thrown.done).rejects.toThrow("no frame");
    const rejected = begun(() => Promise.reject(new Error("no place")));
    rejected.arriving.chunk("a");
    await expect(rejected.done).rejects.toThrow("no place");
    expect(rejected.arriving.asked).toEqual(["abort: the answer is not wanted"]);
  });

  it("that stays open behind its last frame is left shortly after", async () => {
    const { arriving, pieces, done } = begun(
      () => "more",
      () => pieces.join("") === "abc",
    );
    arriving.chunk("ab");
    await sleep(300);
    arriving.chunk("c");
    await done;
    expect(pieces).toEqual(["ab", "c"]);
    expect(arriving.asked).toEqual(["abort: the answer is not wanted"]);
  });

  it("keeps a connection that ended", async () => {
    const { arriving, done } = begun();
    arriving.end();
    await done;
    expect(arriving.asked).toEqual([]);
  });

  it("loses no byte and swaps none, however it comes and is taken", async () => {
    const step = fc.oneof(fc.string({ maxLength: 5 }), fc.constant("turn" as const));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.array(fc.boolean()), async (steps, waits) => {
        const { arriving, pieces, done } = begun(() =>
          waits[pieces.length] === true ? turn().then(() => "more") : "more",
        );
        let sent = "";
        for (const one of steps) {
          if (one === "turn") await turn();
          else if (one !== "") {
            arriving.chunk(one);
            sent += one;
          }
        }
        arriving.end();
        await done;
        expect(pieces.join("")).toBe(Buffer.from(sent).toString());
      }),
      { numRuns: 100 },
    );
  });
});

describe("a stream in pieces", () => {
  it("is read to its end, in the order in which it comes, and waits for its taker", async () => {
    const stream = new PassThrough({ highWaterMark: 10 });
    const pieces: string[] = [];
    const done = readPieces(piecesOf(stream), client, {
      take: (piece) => (pieces.push(piece.toString()), turn().then(() => "more")),
      ended: false,
    });
    for (let i = 0; i < 50; i++) stream.write(`${i},`);
    stream.end();
    await done;
    expect(pieces.join("")).toBe(Array.from({ length: 50 }, (_, i) => `${i},`).join(""));
  });

  it("that breaks says so, also where it broke before", async () => {
    const taker = { take: (): Taken => "more", ended: false };
    const stream = new PassThrough();
    const done = readPieces(piecesOf(stream), client, taker);
    stream.destroy(new Error("reset"));
    await expect(done).rejects.toThrow("reset");
    await expect(readPieces(piecesOf(stream), client, taker)).rejects.toThrow("reset");
  });

  it("that is closed without an end or an error is not waited for", async () => {
    const taker = { take: (): Taken => "more", ended: false };
    const stream = new PassThrough();
    const done = readPieces(piecesOf(stream), client, taker);
    stream.destroy();
    await expect(done).rejects.toThrow("closed before");
    await expect(readPieces(piecesOf(stream), client, taker)).rejects.toThrow("closed before");
  });

  it("is closed with whoever waits", async () => {
    const stopping = new Stopping(client);
    const stream = new PassThrough();
    const done = readPieces(piecesOf(stream), stopping, { take: () => "more", ended: false });
    stopping.stop(new Error("too much"));
    await expect(done).rejects.toThrow("too much");
    expect(stream.destroyed).toBe(true);
  });
});
