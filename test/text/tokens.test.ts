import * as fc from "fast-check";
import { countTokens as countWhole } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, it } from "vitest";
import { countTokens, countTokensInTurns } from "../../src/text/tokens.ts";

const asText = { disallowedSpecial: new Set<string>() };
const prose = "The long stop stands behind the wicket-keeper, and stops what got past him.\n";

describe("countTokens", () => {
  it("counts as o200k does", () => {
    expect(countTokens("")).toBe(0);
    expect(countTokens("hello world")).toBe(2);
    const texts = [
      prose,
      '{"path":"/tmp/a.txt","lines":[1,20]}',
      "Grüße, Ελλάδα, 東京タワー, 👩‍👩‍👧",
      "x = y\t+\t1;\r\n\r\n",
    ];
    for (const text of texts) expect(countTokens(text)).toBe(countWhole(text, asText));
  });

  it("counts what looks like a special token as the text that it is", () => {
    expect(countTokens("<|endoftext|>")).toBeGreaterThan(3);
    expect(countTokens("<|im_start|>system")).toBeGreaterThan(3);
  });

  it("is off by less than 1 in 1,000 on a long document that is cut into slices", () => {
    const lines = Array.from({ length: 4_000 }, (_, index) => `${index}: ${prose}`);
    const document = lines.join("");
    const whole = countWhole(document, asText);
    expect(Math.abs(countTokens(document) - whole)).toBeLessThan(whole / 1_000);
  });

  it("is never far below the true count, whatever the text", () => {
    const word = fc.oneof(fc.string({ maxLength: 300 }), fc.string({ unit: "grapheme", maxLength: 200 }));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const text = words.join(" ");
        const whole = countWhole(text, asText);
        expect(countTokens(text)).toBeGreaterThanOrEqual(whole - 2);
        expect(countTokens(text)).toBeLessThanOrEqual(whole + 2 + text.length / 64);
      }),
    );
  });

  // Whole, each of these takes from half a minute to hours.
  it.each([
    ["one letter", "a".repeat(1_000_000), 125_000],
    ["spaces", " ".repeat(1_000_000), 7_900],
    ["line feeds", "\n".repeat(1_000_000), 62_500],
    ["hyphens", "-".repeat(1_000_000), 15_700],
    ["letters and marks", "a\u0301".repeat(500_000), 1_000_000],
    ["symbols", "!😀".repeat(333_333), 666_666],
    ["spaces of two kinds", "  \u00a0".repeat(333_333), 666_666],
    ["lone surrogates", "\ud800".repeat(1_000_000), 125_000],
  ])("is not stalled by a megabyte of %s", (_, text, about) => {
    const count = countTokens(text);
    expect(count).toBeGreaterThan(about * 0.9);
    expect(count).toBeLessThan(about * 1.1);
  });

  it("counts Base64 as text by a sample, within 3 %", () => {
    const bytes = Buffer.alloc(150_000);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * index * 7_919) >> 5;
    const text = `before ${bytes.toString("base64")} after`;
    const whole = countWhole(text, asText);
    expect(Math.abs(countTokens(text) - whole)).toBeLessThan(whole * 0.03);
  });

  it("gives the same count again, and in any order of texts", () => {
    const [one, two] = [prose.repeat(50), prose.repeat(51)];
    const first = [countTokens(one), countTokens(two)];
    expect([countTokens(two), countTokens(one)]).toEqual(first.toReversed());
    expect(first[0]).toBe(countWhole(one, asText));
  });
});

describe("countTokensInTurns", () => {
  it("counts as countTokens does, known or not", async () => {
    const texts = ["", "hello world", prose.repeat(3_000), prose.repeat(3_000), "a".repeat(300_000)];
    const counts = await countTokensInTurns(texts);
    expect(counts).toEqual(texts.map(countTokens));
    expect(counts[2]).toBe(counts[3]);
  });

  it("lets the event loop do other work in between", async () => {
    const seen: string[] = [];
    const counting = countTokensInTurns([`unknown ${prose.repeat(20_000)}`]).then(() => seen.push("counted"));
    setImmediate(() => seen.push("other work"));
    await counting;
    expect(seen).toEqual(["other work", "counted"]);
  });
});
