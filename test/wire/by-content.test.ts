import { describe, expect, it } from "vitest";
import { byContent } from "../../src/wire/by-content.ts";

describe("a function remembered by the text it was given", () => {
  it("works once on equal texts, however they were cut", () => {
    const seen: string[] = [];
    const measure = byContent(1_000, (text) => ({ length: seen.push(text) }));

    measure("abcdef".slice(2, 4));
    measure("xxcdyy".slice(2, 4));

    expect(seen).toEqual(["cd"]);
  });

  it("works once on long texts, and tells those of one length apart", () => {
    const seen: string[] = [];
    const measure = byContent(100_000, (text) => ({ length: seen.push(text) }));
    const texts = ["a", "b"].map((end) => `${"x".repeat(20_000)}${end}`);
    for (const text of [...texts, ...texts]) measure(`${text}…`.slice(0, -1));
    expect(seen).toEqual(texts);
  });

  it("keeps no more text than it may, of long texts either", () => {
    const seen: string[] = [];
    const measure = byContent(50_000, (text) => ({ length: seen.push(text) }));
    const texts = ["a", "b", "c"].map((end) => `${"x".repeat(20_000)}${end}`);
    for (const text of [...texts, ...texts]) measure(text);
    expect(seen).toEqual([...texts, ...texts]);
  });

  it("keeps no more text than it may", () => {
    const seen: string[] = [];
    const measure = byContent(1_000, (text) => ({ length: seen.push(text) }));
    const [one, two, three] = ["a".repeat(200), "b".repeat(200), "c".repeat(200)] as const;

    for (const text of [one, two, three, three, one]) measure(text);

    expect(seen).toEqual([one, two, three, one]);
  });

  it("counts short texts with what is held beside them", () => {
    let count = 0;
    const measure = byContent(1_000, () => ({ count: ++count }));
    for (const text of ["a", "b", "c", "d", "a"]) measure(text);
    expect(count).toBe(5);
  });

  it("does not mistake texts with lone surrogates for each other", () => {
    const echo = byContent(10_000, (text) => ({ text }));
    expect(echo("\ud800").text).toBe("\ud800");
    expect(echo("\udbff").text).toBe("\udbff");
    expect(echo("😀 é").text).toBe("😀 é");
  });

  it("works again where a text is too long to be kept", () => {
    let count = 0;
    const measure = byContent(4, () => ({ count: ++count }));
    measure("longer");
    measure("longer");
    expect(count).toBe(2);
  });
});
