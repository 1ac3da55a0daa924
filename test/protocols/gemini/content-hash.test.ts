import { describe, expect, it } from "vitest";
import { saidHash, type Said } from "../../../src/protocols/gemini/content-hash.ts";

const said: Said = { role: "model", text: "Hi", calls: [], results: [], rest: [] };
const call = { name: "f", argumentsText: '{"a":1,"b":[2]}' };

describe("the hash of what a content says", () => {
  it("is the same for every spelling of the arguments", () => {
    const other = { name: "f", argumentsText: '{ "b": [2.0], "a": 1 }' };
    expect(saidHash({ ...said, calls: [call] })).toBe(saidHash({ ...said, calls: [other] }));
  });

  it("differs where something else is said", () => {
    const all: Said[] = [
      said,
      { ...said, role: "user" },
      { ...said, text: "Ho" },
      { ...said, calls: [call] },
      { ...said, calls: [{ ...call, name: "g" }] },
      { ...said, results: ["1"] },
      { ...said, rest: ["1"] },
    ];
    expect(new Set(all.map(saidHash)).size).toBe(all.length);
  });
});
