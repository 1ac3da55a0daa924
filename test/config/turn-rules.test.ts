import { describe, expect, it } from "vitest";
import { keyRulesOf } from "../../src/config/turn-rules.ts";
import { configOf, faultLines } from "./loading.ts";

describe("rules for the keys of turns", () => {
  it.each([
    [
      "turns: { normalise: [{ pattern: '(?=a)' }] }",
      /^1:33 turns\.normalise\[0\]\.pattern \| a regular expression without look-ahead \(.+\) \| "\(\?=a\)"$/,
    ],
    [
      "turns: { normalise: [{ pattern: 'a*' }] }",
      /^1:33 turns\.normalise\[0\]\.pattern \| a pattern that does not match the empty text \| "a\*"$/,
    ],
    [
      "turns: { normalise: [{}] }",
      /^1:22 turns\.normalise\[0\] \| one of the keys pattern, pointer \| none of them$/,
    ],
    [
      "turns: { normalise: [{ pattern: a, pointer: /b }] }",
      /^1:22 turns\.normalise\[0\] \| one of the keys pattern, pointer \| pattern and pointer$/,
    ],
    [
      "turns: { normalise: [{ pointer: metadata }] }",
      /^1:33 turns\.normalise\[0\]\.pointer \| a JSON Pointer, such as \/metadata\/request_id \| "metadata"$/,
    ],
  ])("are held against what they can be: %s", async (text, expected) => {
    expect(await faultLines(text)).toEqual([expect.stringMatching(expected)]);
  });

  it("are compiled where there are some", async () => {
    const { turns } = await configOf(
      String.raw`turns: { normalise: [{ pattern: '\d+' }, { pointer: /user }] }`,
    );
    const rules = keyRulesOf(turns);
    expect(rules?.pointers).toEqual(["/user"]);
    expect(rules?.patterns.map((pattern) => pattern.replaceAll("a1b22$&", "$&"))).toEqual(["a$&b$&$&"]);
    expect(keyRulesOf((await configOf("{}")).turns)).toBeNull();
  });
});
