import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { limited } from "../../src/proxy/limited.ts";

const refuse = (): Error => new Error("too much");
const chunks = (...texts: string[]): Readable => Readable.from(texts.map((text) => Buffer.from(text)));

describe("a limited body", () => {
  it("passes on, chunk by chunk, what is inside the limit", async () => {
    expect((await buffer(limited(chunks("ab", "c", "de"), 5, refuse))).toString()).toBe("abcde");
    expect((await buffer(limited(chunks(), 0, refuse))).length).toBe(0);
  });

  it("throws at the first chunk over the limit, which is not passed on", async () => {
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      for await (const chunk of limited(chunks("ab", "cd", "ef"), 3, refuse)) seen.push(chunk.toString());
    };
    await expect(reading()).rejects.toThrow("too much");
    expect(seen).toEqual(["ab"]);
  });

  it("closes the body that it gives up", async () => {
    const body = chunks("abc", "def");
    await expect(buffer(limited(body, 2, refuse))).rejects.toThrow("too much");
    expect(body.destroyed).toBe(true);
  });

  it("gives on the body's own failure", async () => {
    const body = new Readable({ read: () => body.destroy(new Error("cut")) });
    await expect(buffer(limited(body, 10, refuse))).rejects.toThrow("cut");
  });
});
