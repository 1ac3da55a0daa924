import { describe, expect, it, onTestFinished } from "vitest";
import { readWithin, type BodyRead } from "../../../src/proxy/effects/body-read.ts";
import { Upstreams } from "../../../src/proxy/upstream.ts";
import { type ArrivingAnswer, arrivingAnswer } from "../support/arriving-answer.ts";
import { generousTimeouts, targetOf } from "../support/engine-settings.ts";
import { closed, startRaw } from "../support/loopback.ts";

/** An answer of which these pieces have come; the test says how it goes on. */
function arrived(...texts: string[]): ArrivingAnswer {
  const arriving = arrivingAnswer();
  arriving.start();
  arriving.headers(200);
  for (const text of texts) arriving.chunk(text);
  return arriving;
}

function longer(read: BodyRead): Extract<BodyRead, { kind: "longer" }> {
  if (read.kind !== "longer") throw new Error(`expected a longer body, got a ${read.kind} one`);
  return read;
}

describe("a body read up to a limit", () => {
  it.each([
    [["abc", "de"], "abcde"],
    [["abcdef"], "abcdef"],
    [[], ""],
  ])("is whole where it ends inside it: %j", async (texts, all) => {
    const { answer, end } = arrived(...texts);
    const reading = readWithin(answer, 6);
    end();
    const read = await reading;
    expect(read).toMatchObject({ kind: "whole" });
    expect(read.kind === "whole" && Buffer.from(read.bytes).toString()).toBe(all);
  });

  it("is there at once where all of it came in one piece", () => {
    const { answer, end } = arrived("abc");
    end();
    expect(readWithin(answer, 6)).toEqual({ kind: "whole", bytes: Buffer.from("abc") });
  });

  it("is longer where it does not, and then gives all of it, in order, once", async () => {
    const { answer, chunk, end } = arrived("abc", "def");
    const all: string[] = [];
    const read = longer(await readWithin(answer, 5));
    chunk("ghi");
    setTimeout(() => {
      chunk("jkl");
      end();
    }, 10);
    for await (const piece of read.chunks()) all.push(Buffer.from(piece).toString());
    expect(all).toEqual(["abc", "def", "ghi", "jkl"]);
  });

  it("reads no further than it must", async () => {
    const { answer, asked, chunk } = arrived("abcdef");
    const read = longer(await readWithin(answer, 5)).chunks();
    chunk("x".repeat(100_000));
    expect(asked.at(-1)).toBe("pause");
    await read.next();
    await read.next();
    void read.next();
    await expect.poll(() => asked.at(-1)).toBe("resume");
  });

  it("is broken where it breaks off inside the limit, with the cause", async () => {
    const { answer, fail } = arrived("ab");
    const reading = readWithin(answer, 5);
    fail(new Error("cut"));
    expect(await reading).toMatchObject({ kind: "broken", cause: { message: "cut" } });
  });

  it("fails where a longer one breaks off later", async () => {
    const { answer, fail } = arrived("abcdef");
    const all = longer(await readWithin(answer, 5)).chunks();
    expect(Buffer.from((await all.next()).value ?? []).toString()).toBe("abcdef");
    fail(new Error("cut"));
    await expect(all.next()).rejects.toThrow("cut");
  });

  it("closes the connection of a longer one that nobody reads on", async () => {
    const { origin, connections } = await startRaw((socket) =>
      socket.once("data", () =>
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n${"x".repeat(200_000)}`),
      ),
    );
    const upstreams = new Upstreams(generousTimeouts);
    onTestFinished(() => upstreams.close());
    const answer = await upstreams.send({
      target: targetOf("there", origin),
      method: "GET",
      path: "/",
      headers: [],
      body: null,
      signal: new AbortController().signal,
    });
    for await (const chunk of longer(await readWithin(answer, 10)).chunks()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await closed(connections[0]);
  });
});
