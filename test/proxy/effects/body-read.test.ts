import { Readable } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { readWithin, type BodyRead } from "../../../src/proxy/effects/body-read.ts";
import { Upstreams } from "../../../src/proxy/upstream.ts";
import { generousTimeouts, targetOf } from "../support/engine-settings.ts";
import { closed, startRaw } from "../support/loopback.ts";

const chunks = (...texts: string[]): Readable => Readable.from(texts.map((text) => Buffer.from(text)));

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
    const read = await readWithin(chunks(...texts), 6);
    expect(read).toMatchObject({ kind: "whole" });
    expect(read.kind === "whole" && Buffer.from(read.bytes).toString()).toBe(all);
  });

  it("is longer where it does not, and then gives all of it, in order, once", async () => {
    const body = chunks("abc", "def", "ghi", "jkl");
    const all: string[] = [];
    for await (const chunk of longer(await readWithin(body, 5)).chunks())
      all.push(Buffer.from(chunk).toString());
    expect(all).toEqual(["abc", "def", "ghi", "jkl"]);
    expect(body.destroyed).toBe(true);
  });

  it("reads no further than it must", async () => {
    let given = 0;
    const body = Readable.from(
      (function* () {
        for (;;) {
          given++;
          yield Buffer.from("abc");
        }
      })(),
      { highWaterMark: 1 },
    );
    longer(await readWithin(body, 5));
    expect(given).toBeLessThan(6);
    body.destroy();
  });

  it("is broken where it breaks off inside the limit, with the cause", async () => {
    const body = new Readable({ read: () => body.destroy(new Error("cut")) });
    body.push(Buffer.from("ab"));
    expect(await readWithin(body, 5)).toMatchObject({ kind: "broken", cause: { message: "cut" } });
  });

  it("fails where a longer one breaks off later", async () => {
    const body = new Readable({ read: () => {} });
    body.push(Buffer.from("abcdef"));
    const all = longer(await readWithin(body, 5)).chunks();
    expect(Buffer.from((await all.next()).value ?? []).toString()).toBe("abcdef");
    body.destroy(new Error("cut"));
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
    for await (const chunk of longer(await readWithin(answer.body, 10)).chunks()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await closed(connections[0]);
    expect(answer.body.destroyed).toBe(true);
  });
});
