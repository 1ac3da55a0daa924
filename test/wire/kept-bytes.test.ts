import { describe, expect, it } from "vitest";
import { KeptBytes } from "../../src/wire/kept-bytes.ts";

describe("bytes kept with what they are made of", () => {
  const thing = { name: "one" };
  const made = (text: string): Uint8Array => Buffer.from(`made of ${text}`);

  it("are made once for a thing and a text", () => {
    const kept = new KeptBytes();
    let count = 0;
    const make = (): Uint8Array => {
      count++;
      return made("a");
    };
    const first = kept.of(thing, "a", make);
    expect(kept.of(thing, ["a"].join(""), make)).toBe(first);
    expect(count).toBe(1);
  });

  it("are made anew for another text, or for another thing that looks alike", () => {
    const kept = new KeptBytes();
    kept.of(thing, "a", () => made("a"));
    expect(kept.of(thing, "b", () => made("b"))).toEqual(made("b"));
    expect(kept.of({ ...thing }, "b", () => made("c"))).toEqual(made("c"));
    expect(kept.of(thing, "a", () => made("a"))).toEqual(made("a"));
  });
});
