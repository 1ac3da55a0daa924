import { describe, expect, it } from "vitest";
import { UnansweredCalls } from "../../src/protocols/unanswered-calls.ts";

describe("calls that wait for their results", () => {
  it("are answered once each, those of one message and id in their order", () => {
    const calls = new UnansweredCalls();
    calls.add("a", "first", 1);
    calls.add("b", "other", 1);
    calls.add("a", "second", 1);
    expect(calls.take("a")).toEqual({ message: 1, name: "first" });
    expect(calls.take("a")).toEqual({ message: 1, name: "second" });
    expect(calls.take("a")).toBeUndefined();
    expect(calls.take("b")).toEqual({ message: 1, name: "other" });
  });

  it("are answered from the nearest message back, where an id comes again", () => {
    const calls = new UnansweredCalls();
    calls.add("a", "older", 1);
    calls.add("a", "newer", 3);
    expect(calls.take("a")).toEqual({ message: 3, name: "newer" });
    expect(calls.take("a")).toEqual({ message: 1, name: "older" });
    calls.add("a", "latest", 5);
    expect(calls.take("a")).toEqual({ message: 5, name: "latest" });
    expect(calls.take("unknown")).toBeUndefined();
  });
});
