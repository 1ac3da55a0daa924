import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { untilEnd } from "../../src/proxy/until-end.ts";

async function read(body: PassThrough, reader: { ended: boolean }, endAt: number): Promise<string> {
  let text = "";
  for await (const chunk of untilEnd(body, reader)) {
    text += String(chunk);
    reader.ended = text.length >= endAt;
  }
  return text;
}

describe("a stream of an upstream", () => {
  it("is read to its end", async () => {
    const body = new PassThrough();
    body.end("abc");
    expect(await read(body, { ended: false }, Infinity)).toBe("abc");
  });

  it("that stays open behind its last frame is left shortly after", async () => {
    const body = new PassThrough();
    body.write("abc");
    expect(await read(body, { ended: false }, 3)).toBe("abc");
    expect(body.destroyed).toBe(true);
  });

  it("whose reader stops is closed", async () => {
    const body = new PassThrough();
    body.write("abc");
    for await (const chunk of untilEnd(body, { ended: false })) {
      expect(String(chunk)).toBe("abc");
      break;
    }
    expect(body.destroyed).toBe(true);
  });

  it("that breaks says so", async () => {
    const body = new PassThrough();
    body.destroy(new Error("reset"));
    await expect(read(body, { ended: false }, 3)).rejects.toThrow("reset");
  });
});
