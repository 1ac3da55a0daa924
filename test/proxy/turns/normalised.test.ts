import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normaliserOf, patternCharsMax, type KeyRules } from "../../../src/proxy/turns/normalised.ts";
import { linearPattern, type LinearPattern } from "../../../src/validators/linear-pattern.ts";

function pattern(source: string): LinearPattern {
  const made = linearPattern(source);
  if ("unsupported" in made) throw new Error(made.unsupported);
  return made;
}

const day = pattern(String.raw`\d{4}-\d{2}-\d{2}`);
const none: KeyRules = { patterns: [], pointers: [] };

function requestOf(messages: readonly string[], parameters: readonly (readonly [string, string])[] = []) {
  return { path: "/v1/chat/completions", parameters, messages };
}
function normaliser(rules: Partial<KeyRules>, turn = async (): Promise<void> => {}) {
  return normaliserOf({ ...none, ...rules }, turn);
}

describe("what stands for the texts of a request in its turn's key", () => {
  it("is the same where they differ in what a pattern finds, and in nothing else", async () => {
    const normalise = normaliser({ patterns: [day] });
    const [first, second] = [
      '{"content":"It is 2026-11-30. Hello."}',
      '{"content":"It is 2026-12-01. Hello."}',
    ];
    const other = '{"content":"It is 2026-12-01. Goodbye."}';
    const meant = async (text: string) => (await normalise(requestOf([text]))).messages;
    expect(await meant(first)).toEqual(await meant(second));
    expect(await meant(first)).not.toEqual(await meant(other));
    expect(await meant('{"content":"It is . Hello."}')).not.toEqual(await meant(first));
    const [inMember] = (await normalise(requestOf([], [["system", '"2026-11-30"']]))).parameters;
    expect(inMember).toEqual((await normalise(requestOf([], [["system", '"2026-12-01"']]))).parameters[0]);
  });

  it("keeps apart what different patterns find", async () => {
    const normalise = normaliser({ patterns: [day, pattern("[A-Z]{5}")] });
    const { messages } = await normalise(requestOf(['"2026-11-30"', '"ABCDE"']));
    expect(messages[0]).not.toBe(messages[1]);
  });

  it("lacks what a pointer names: a member, or a part of one", async () => {
    const normalise = normaliser({ pointers: ["/user", "/metadata/request_id", "/a~1b/0"] });
    const asking = (user: string, id: string, first: string) =>
      normalise(
        requestOf(
          ["1"],
          [
            ["user", `"${user}"`],
            ["metadata", `{"request_id":"${id}","kind":"x"}`],
            ["a/b", `[${first},2]`],
          ],
        ),
      );
    expect(await asking("u1", "r1", "1")).toEqual(await asking("u2", "r2", "7"));
    const { parameters } = await asking("u1", "r1", "1");
    expect(parameters.map(([name]) => name)).toEqual(["metadata", "a/b"]);
    const changed = normalise(requestOf(["1"], [["metadata", '{"request_id":"r1","kind":"y"}']]));
    expect((await changed).parameters[0]).not.toEqual(parameters[0]);
  });

  it("is different for different texts where there is nothing to find", async () => {
    const normalise = normaliser({ patterns: [pattern("~")] });
    const texts = fc.uniqueArray(fc.json(), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(texts, async (all) => {
        const without = all.filter((text) => !text.includes("~"));
        const { messages } = await normalise(requestOf(without));
        expect(new Set(messages).size).toBe(without.length);
      }),
      { numRuns: 200 },
    );
  });

  it("is worked out once for each text, and lets others have their turns meanwhile", async () => {
    let looked = 0;
    let turns = 0;
    const slow = { replaceAll: (text: string) => ((looked += 1), text) };
    const normalise = normaliser({ patterns: [slow] }, async () => void (turns += 1));
    const messages = Array.from({ length: 50 }, (_, n) => JSON.stringify(`${n} ${"x".repeat(8000)}`));
    await normalise(requestOf(messages));
    expect([looked, turns]).toEqual([50, 16]);
    await normalise(requestOf([...messages, '"new"']));
    expect(looked).toBe(51);
  });

  it("lets others have their turns between the patterns for one long text, too", async () => {
    let turns = 0;
    const patterns = Array.from({ length: 6 }, () => day);
    const normalise = normaliser({ patterns }, async () => void (turns += 1));
    await normalise(requestOf([JSON.stringify("x".repeat(patternCharsMax - 2))]));
    expect(turns).toBe(6);
  });

  it("is that of the text as it is where that is too long to look through", async () => {
    const normalise = normaliser({ patterns: [day] });
    const long = (when: string) => JSON.stringify(`${when} ${"x".repeat(patternCharsMax)}`);
    const { messages } = await normalise(requestOf([long("2026-11-30"), long("2026-12-01")]));
    expect(messages[0]).not.toBe(messages[1]);
  });
});
