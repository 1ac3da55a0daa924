import { describe, expect, it } from "vitest";
import { isStream } from "../../../src/proxy/turns/answer-form.ts";

describe("the form of an answer", () => {
  it.each([
    [["Content-Type", "Text/Event-Stream; charset=utf-8"], true],
    [["content-type", "application/json"], false],
    [[], false],
  ])("%j is a stream: %s", (headers, expected) => {
    expect(isStream({ headers })).toBe(expected);
  });
});
