import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { type AnswerReader, ReceivedAnswer } from "../../src/proxy/received-answer.ts";
import { arrivingAnswer, type ArrivingAnswer } from "./support/arriving-answer.ts";

/** What a reader was told, in order. `full` is how many chunks it takes before it has enough. */
function readerOf(full = Infinity): { reader: AnswerReader; told: string[] } {
  const told: string[] = [];
  let taken = 0;
  return {
    told,
    reader: {
      take: (chunk) => {
        told.push(chunk.toString());
        return ++taken < full;
      },
      end: () => void told.push("end"),
      fail: (cause) => void told.push(`fail: ${cause.message}`),
    },
  };
}

/** An answer whose headers are here. */
function begun(): ArrivingAnswer {
  const arriving = arrivingAnswer();
  arriving.start();
  arriving.headers(200);
  return arriving;
}

const tooLarge = (): Error => new Error("too large");

describe("the headers of an answer", () => {
  it("are told once they are complete, as they stood on the wire; interim answers are not told", () => {
    const told: [number, readonly string[]][] = [];
    const arriving = arrivingAnswer({
      headers: (answer: ReceivedAnswer) => told.push([answer.status, answer.headers]),
    });
    arriving.start();
    arriving.headers(103, ["Link", "</x>"]);
    arriving.headers(207, [Buffer.from("X-A"), Buffer.from("caf\u00c3\u00a9", "latin1"), Buffer.from("x-a")]);
    expect(told).toEqual([[207, ["X-A", "caf\u00c3\u00a9", "x-a"]]]);
  });

  it("of HTTP/2 are a list too, with one entry for each value", () => {
    const arriving = arrivingAnswer();
    arriving.start();
    arriving.headers(200, { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"], gone: undefined });
    expect(arriving.answer.headers).toEqual([
      "content-type",
      "text/plain",
      "set-cookie",
      "a=1",
      "set-cookie",
      "b=2",
    ]);
  });

  it("that never came are a failure, which says whether a byte may have left", () => {
    const failures: [unknown, boolean][] = [];
    const failed = (cause: unknown, started: boolean): void => void failures.push([cause, started]);
    const refused = new Error("refused");
    const reset = new Error("reset");
    arrivingAnswer({ failed }).fail(refused);
    const sent = arrivingAnswer({ failed });
    sent.start();
    sent.fail(reset);
    expect(failures).toEqual([
      [refused, false],
      [reset, true],
    ]);
  });
});

describe("an answer that nobody waits for any more", () => {
  it("is not sent where it was not begun", () => {
    const failures: boolean[] = [];
    const arriving = arrivingAnswer({ failed: (_cause, started) => failures.push(started) });
    arriving.answer.cancel(new Error("gone"));
    expect(failures).toEqual([false]);
    arriving.start();
    expect(arriving.asked).toEqual(["abort: gone"]);
    expect(failures).toEqual([false]);
  });

  it("is broken off on its connection, before its headers and behind them", () => {
    const before = arrivingAnswer();
    before.start();
    before.answer.cancel(new Error("gone"));
    const behind = begun();
    const { reader, told } = readerOf();
    behind.answer.read(reader);
    behind.answer.cancel(new Error("gone"));
    behind.answer.cancel(new Error("gone again"));
    expect([before.asked, behind.asked, told]).toEqual([["abort: gone"], ["abort: gone"], ["fail: gone"]]);
  });

  it("heeds a signal, also one that was given before, and leaves no listener behind", () => {
    const leaving = new AbortController();
    const running = begun();
    running.answer.heed(leaving.signal);
    const whole = begun();
    whole.answer.heed(leaving.signal);
    whole.end();
    leaving.abort("not an error");
    const late = arrivingAnswer();
    late.answer.heed(leaving.signal);
    late.start();
    expect([running.asked, whole.asked, late.asked]).toEqual([["abort: given up"], [], ["abort: given up"]]);
  });

  it("heeds a client", () => {
    const listeners: ((reason: Error) => void)[] = [];
    const running = begun();
    running.answer.heed({ left: false, onLeave: (listener) => void listeners.push(listener) });
    for (const leave of listeners) leave(new Error("the client left"));
    expect(running.asked).toEqual(["abort: the client left"]);
  });

  it("can be discarded, read or not, and nobody hears an error", async () => {
    const unread = begun();
    unread.answer.discard();
    const streamed = begun();
    const { body } = streamed.answer;
    streamed.answer.discard();
    const whole = begun();
    whole.end();
    whole.answer.discard();
    await new Promise((resolve) => setImmediate(resolve));
    expect([unread.asked, whole.asked, body.destroyed]).toEqual([
      ["abort: the answer is not wanted"],
      [],
      true,
    ]);
    expect(streamed.asked.at(-1)).toBe("abort: the answer is not wanted");
  });
});

describe("the body of an answer", () => {
  it("waits for its reader, chunk by chunk, and the upstream waits once there is enough", () => {
    const arriving = begun();
    arriving.chunk("a");
    arriving.chunk("b");
    expect(arriving.asked).toEqual([]);
    arriving.chunk("c".repeat(64 * 1024));
    expect(arriving.asked).toEqual(["pause"]);
    const { reader, told } = readerOf();
    arriving.answer.read(reader);
    arriving.end();
    expect(told.map((one) => one.slice(0, 3))).toEqual(["a", "b", "ccc", "end"]);
    expect(arriving.asked).toEqual(["pause", "resume"]);
  });

  it("stops at a reader that has enough, until it asks for more", () => {
    const arriving = begun();
    const { reader } = readerOf(2);
    arriving.answer.read(reader);
    arriving.chunk("a");
    arriving.chunk("b");
    expect(arriving.asked).toEqual(["pause"]);
    arriving.answer.resume();
    arriving.answer.resume();
    expect(arriving.asked).toEqual(["pause", "resume"]);
  });

  it("that ended, or broke, before it was read, says so to its reader once", () => {
    for (const broken of [false, true]) {
      const arriving = begun();
      arriving.chunk("a");
      if (broken) arriving.fail(new Error("cut"));
      else arriving.end();
      const { reader, told } = readerOf();
      arriving.answer.read(reader);
      expect(told).toEqual(["a", broken ? "fail: cut" : "end"]);
    }
  });

  it("has one reader", () => {
    const { answer } = begun();
    answer.read(readerOf().reader);
    expect(() => answer.read(readerOf().reader)).toThrow("read once");
  });
});

describe("a body read whole", () => {
  it("is had at once where it is here in one piece, inside the limit", () => {
    const under = begun();
    under.chunk("abc");
    expect(under.answer.wholeNow(10)).toBeNull();
    under.end();
    expect(under.answer.wholeNow(2)).toBeNull();
    expect(String(under.answer.wholeNow(3))).toBe("abc");
    expect(under.answer.wholeNow(3)).toBeNull();
    const empty = begun();
    empty.end();
    expect(empty.answer.wholeNow(0)).toHaveLength(0);
    const pieces = begun();
    pieces.chunk("a");
    pieces.chunk("b");
    pieces.end();
    expect(pieces.answer.wholeNow(10)).toBeNull();
  });

  it("is one buffer, and the very one that came where there was one", async () => {
    const arriving = begun();
    const whole = arriving.answer.whole(10, tooLarge);
    for (const chunk of ["ab", "cd"]) arriving.chunk(chunk);
    arriving.end();
    expect(String(await whole)).toBe("abcd");
    const empty = begun();
    empty.end();
    expect(await empty.answer.whole(10, tooLarge)).toHaveLength(0);
  });

  it("is refused, and closed, at the first byte over the limit, whether it came before or behind", async () => {
    const before = begun();
    before.chunk("abcdef");
    await expect(before.answer.whole(5, tooLarge)).rejects.toThrow("too large");
    const behind = begun();
    const whole = behind.answer.whole(5, tooLarge);
    behind.chunk("abc");
    behind.chunk("def");
    await expect(whole).rejects.toThrow("too large");
    for (const { asked } of [before, behind]) expect(asked).toEqual(["abort: the answer is too large"]);
  });

  it("rejects where it breaks off", async () => {
    const arriving = begun();
    const whole = arriving.answer.whole(10, tooLarge);
    arriving.chunk("ab");
    arriving.fail(new Error("cut"));
    await expect(whole).rejects.toThrow("cut");
  });
});

describe("a body as a stream", () => {
  it("is made once, and brings all that came and comes", async () => {
    const arriving = begun();
    arriving.chunk("one ");
    const { body } = arriving.answer;
    expect(arriving.answer.body).toBe(body);
    const read = text(body);
    arriving.chunk("two");
    arriving.end();
    expect(await read).toBe("one two");
  });

  it("fails with what the answer broke off with", async () => {
    const arriving = begun();
    const read = text(arriving.answer.body);
    arriving.chunk("half");
    arriving.fail(new Error("cut"));
    await expect(read).rejects.toThrow("cut");
  });

  it("closes the answer where it is destroyed", async () => {
    const arriving = begun();
    arriving.answer.body.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    expect(arriving.asked.at(-1)).toBe("abort: the answer is not wanted");
  });
});

describe("an answer that was read", () => {
  it("is there for another reader, with its status, headers and body", async () => {
    const arriving = arrivingAnswer();
    arriving.start();
    arriving.headers(400, ["x-a", "1"]);
    const again = ReceivedAnswer.read(arriving.answer, Buffer.from("No."));
    expect([again.status, again.headers]).toEqual([400, ["x-a", "1"]]);
    expect(again.wholeNow(100)?.toString()).toBe("No.");
    const streamed = ReceivedAnswer.read(arriving.answer, Buffer.from("No."));
    expect(await text(streamed.body)).toBe("No.");
  });
});
