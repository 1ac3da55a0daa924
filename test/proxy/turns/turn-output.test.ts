import { describe, expect, it } from "vitest";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";
import type { Recorder, TurnWatcher } from "../../../src/proxy/turns/turn-watchers.ts";

class Watcher implements TurnWatcher {
  isFull = false;
  position = 0;
  readonly told: string[] = [];
  readonly #done = Promise.withResolvers<void>();
  readonly done = this.#done.promise;

  more(): void {
    this.told.push("more");
  }
  failed(thrown: unknown): void {
    this.told.push(`failed: ${String(thrown)}`);
  }
  keepAlive(comment: Uint8Array): void {
    this.told.push(Buffer.from(comment).toString());
  }
  finish(): void {
    this.#done.resolve();
  }
}

/** Who has written down this many bytes. */
function recorderAt(position: number): Recorder & { position: number; isReadable: boolean } {
  return {
    position,
    partial: null,
    isReadable: true,
    more: () => {},
    written: () => Promise.resolve(),
    readBack: () => Promise.resolve(null),
  };
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
};

describe("an answer while it is made", () => {
  it("is told to whoever watches, and kept for who comes later", () => {
    const output = new TurnOutput("stream");
    const watcher = new Watcher();
    output.watch(watcher);
    expect(output.started).toBe(false);
    output.writeHead(200, ["Content-Type", "text/event-stream; charset=utf-8"]);
    expect(watcher.told).toEqual([]);
    expect(output.write(Buffer.from("data: 1\n\n"))).toBe(true);
    output.keepAlive(Buffer.from(": here"));
    expect(watcher.told).toEqual(["more", ": here"]);
    expect(output.head).toEqual({
      status: 200,
      headers: ["Content-Type", "text/event-stream; charset=utf-8"],
      isDocument: false,
    });
    expect(output.recording.text()).toBe("data: 1\n\n");
  });

  it("goes on as fast as the fastest reader, and freely where nobody reads", async () => {
    const output = new TurnOutput("stream");
    const [slow, quick] = [new Watcher(), new Watcher()];
    slow.isFull = true;
    output.watch(slow);
    expect(output.write(Buffer.from("1"))).toBe(false);
    const waiting = output.drained();
    expect(await isSettled(waiting)).toBe(false);
    output.watch(quick);
    output.eased();
    expect(await isSettled(waiting)).toBe(true);
    expect(output.write(Buffer.from("2"))).toBe(true);
    output.unwatch(quick);
    const again = output.drained();
    expect(await isSettled(again)).toBe(false);
    output.unwatch(slow);
    expect(await isSettled(again)).toBe(true);
  });

  it("ends once everyone who reads has all of it", async () => {
    const output = new TurnOutput("stream");
    const watcher = new Watcher();
    output.watch(watcher);
    const ending = output.sendWhole(200, ["content-type", "application/json"], "{}");
    expect(output.ended).toBe(true);
    expect(await isSettled(ending)).toBe(false);
    watcher.finish();
    await ending;
    expect(output.recording.text()).toBe("{}");
    await output.end(Buffer.from("too late"));
    expect(output.recording.text()).toBe("{}");
  });

  it("tells those who work on it that it was stopped, once, and waits for nobody then", async () => {
    const output = new TurnOutput("stream");
    const watcher = new Watcher();
    watcher.isFull = true;
    output.watch(watcher);
    const reasons: string[] = [];
    output.onLeave(({ message }) => reasons.push(message));
    const waiting = output.drained();
    output.stop(new Error("nobody came"));
    output.stop(new Error("again"));
    output.onLeave(({ message }) => reasons.push(`late: ${message}`));
    expect(reasons).toEqual(["nobody came", "late: nobody came"]);
    expect([output.left, output.closed]).toEqual([true, true]);
    await waiting;
    await output.drained();
  });

  it("fails for all who read, with the first reason", () => {
    const output = new TurnOutput("stream");
    const watcher = new Watcher();
    output.watch(watcher);
    output.destroy();
    expect([output.brokeOff, output.running]).toEqual([true, true]);
    output.fail("first");
    output.fail("second");
    expect(watcher.told).toEqual(["failed: first"]);
    expect([output.failure, output.ended, output.running]).toEqual(["first", false, false]);
  });

  it("that was let go keeps what somebody has still to get", () => {
    let kept = 0;
    const output = new TurnOutput("stream", (bytes) => (kept += bytes));
    const [reader, recorder] = [new Watcher(), recorderAt(8000)];
    output.watch(reader);
    output.recorder = recorder;
    const pieces = ["one ", "two ", "six "].map((word) => Buffer.from(word.repeat(1000)));
    for (const piece of pieces) output.write(piece);
    expect([kept, output.isKept]).toEqual([12_000, true]);
    output.letGo();
    expect(kept).toBe(12_000);
    reader.position = 5000;
    output.write(Buffer.from("end"));
    expect(kept).toBe(8003);
    expect(Buffer.concat([...output.recording.from(5000)]).toString()).toMatch(
      /^(two ){750}(six ){1000}end$/,
    );
    reader.position = 12_003;
    recorder.position = 12_003;
    output.letGo();
    expect([kept, output.isKept]).toEqual([0, false]);
  });

  it.each<
    [kept: number, as: "stream" | "list" | "whole" | "auto", what: string, (output: TurnOutput) => void]
  >([
    [16, "stream", "is written down and read", () => {}],
    [16, "list", "is written down and read", () => {}],
    [50, "stream", "is read no further", (output) => output.watch(new Watcher())],
    [50, "stream", "is looked through at its end", (output) => (output.isWhole = () => true)],
    [50, "stream", "somebody came for", (output) => void output.fetchBack()],
    [
      50,
      "stream",
      "cannot be read back",
      (output) => (output.recorder = { ...recorderAt(0), isReadable: false }),
    ],
    [50, "stream", "is not written down", (output) => (output.recorder = recorderAt(0))],
    [50, "stream", "has nobody who writes it", (output) => (output.recorder = null)],
    [50, "whole", "is a document", () => {}],
    [50, "auto", "is put together again", () => {}],
  ])("keeps %i KB of a long one, asked for as %s, that %s", (kept, form, _what, meanwhile) => {
    const output = new TurnOutput(form);
    output.recorder = recorderAt(Infinity);
    meanwhile(output);
    output.writeHead(200, ["content-type", form === "whole" ? "application/json" : "text/event-stream"]);
    for (let at = 0; at < 50; at++) output.write(Buffer.alloc(1000, "x"));
    output.written();
    const { length, kept: bytes } = output.recording;
    expect([length, output.isKept, output.recording.isHere]).toEqual([50_000, true, kept === 50]);
    expect(bytes).toBeGreaterThan(kept === 50 ? 49_999 : -1);
    expect(bytes).toBeLessThan(kept === 50 ? 50_001 : 17_000);
  });

  it.each<[boolean, number, (output: TurnOutput) => void]>([
    [true, 200, () => {}],
    [false, 429, () => {}],
    [false, 200, (output) => (output.brokeOff = true)],
  ])("is an answer of the model (%s) with %i", (is, status, happen) => {
    const output = new TurnOutput("stream");
    output.writeHead(status, []);
    happen(output);
    expect(output.isAnswer).toBe(false);
    void output.end();
    expect(output.isAnswer).toBe(is);
  });

  it("is none where it ends well and is not whole, as somebody says who knows", async () => {
    for (const [status, isWhole] of [
      [200, true],
      [200, false],
      [429, false],
    ] as const) {
      const output = new TurnOutput("stream");
      const asked: string[] = [];
      output.isWhole = (...what) => asked.push(...what) > 0 && isWhole;
      output.writeHead(status, ["content-type", "text/event-stream"]);
      output.write(Buffer.from("data: 1\n\n"));
      await output.end(Buffer.from("data: 2\n\n"));
      expect(output.isAnswer).toBe(isWhole);
      // A refusal is no answer of a model, whatever it says.
      expect(asked).toEqual(status === 200 ? ["text/event-stream", "data: 1\n\ndata: 2\n\n"] : []);
    }
  });

  it("that has ended cannot be stopped", () => {
    const output = new TurnOutput("stream");
    void output.end();
    output.stop(new Error("late"));
    expect(output.left).toBe(false);
  });

  it("says where it could not be written to the ledger", () => {
    const output = new TurnOutput("stream");
    output.noteUnrecorded();
    expect(output.notes.get("longstop-recorded")).toBe("false");
  });
});

describe("an answer that is asked for as a stream on behalf of who wants a document", () => {
  const heads = {
    stream: ["content-type", "text/event-stream; charset=utf-8"],
    whole: ["Content-Type", "application/json"],
  };

  it.each(["stream", "whole"] as const)("has the form in which it comes: %s", (form) => {
    const output = new TurnOutput("auto");
    output.writeHead(200, heads[form]);
    expect([output.form, output.isRebuilt]).toEqual([form, form === "stream"]);
    // A stream that nobody asked for is read as it is by nobody.
    expect([output.givesBytesTo("stream"), output.givesBytesTo("whole")]).toEqual([false, form === "whole"]);
  });

  it("has the form of its record where it goes on from there", () => {
    const output = new TurnOutput("auto");
    output.resume({ status: 200, headers: heads.whole });
    expect(output.head?.isDocument).toBe(true);
  });

  it("is stopped where it is larger than it may be, and says why", () => {
    const output = new TurnOutput("auto", () => {}, 8);
    output.writeHead(200, heads.stream);
    output.write(Buffer.from("12345678"));
    expect(output.left).toBe(false);
    output.write(Buffer.from("9"));
    expect(output.leaveReason?.message).toContain("8 bytes");
  });

  it("knows no such bound where it is a document, which is bounded where it is read", () => {
    const output = new TurnOutput("auto", () => {}, 8);
    output.writeHead(200, heads.whole);
    output.write(Buffer.from("123456789"));
    expect(output.left).toBe(false);
  });
});
