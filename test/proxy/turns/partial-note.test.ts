import { describe, expect, it } from "vitest";
import { partialComment, partialMark } from "../../../src/proxy/turns/partial-note.ts";

describe("where a part of a turn is found", () => {
  it("is said in a comment, which begins as it is looked for", () => {
    const text = Buffer.from(partialComment("id.1")).toString("utf8");
    expect(text).toBe(': longstop {"partial":"id.1"}\n\n');
    expect(text.startsWith(partialMark)).toBe(true);
  });
});
