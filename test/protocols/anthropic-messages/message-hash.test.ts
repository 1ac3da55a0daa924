import { describe, expect, it } from "vitest";
import { saidHash } from "../../../src/protocols/anthropic-messages/message-hash.ts";
import type { Said } from "../../../src/protocols/anthropic-messages/message-hash.ts";

const nothing: Said = { role: "assistant", text: "", calls: [], results: [], rest: [] };
const call = (argumentsText: string, name = "f") => ({ name, argumentsText });

describe("the hash of what a message says", () => {
  it("is the same for the same words", () => {
    const said = { ...nothing, text: "hi", calls: [call('{"a":1}')] };
    expect(saidHash(said)).toBe(saidHash({ ...said, calls: [call('{ "a": 1.0 }')] }));
  });

  it("changes with everything that is said, and with its place", () => {
    const all: Said[] = [
      nothing,
      { ...nothing, role: "user" },
      { ...nothing, text: "a" },
      { ...nothing, results: ["a"] },
      { ...nothing, results: ["a", ""] },
      { ...nothing, rest: ["a"] },
      { ...nothing, calls: [call("{}", "a")] },
      { ...nothing, calls: [call("{}"), call("{}")] },
      { ...nothing, calls: [call('{"a":1}'), call("{}")] },
      { ...nothing, calls: [call("{}"), call('{"a":1}')] },
    ];
    expect(new Set(all.map(saidHash)).size).toBe(all.length);
  });
});
