import { describe, expect, it } from "vitest";
import { show } from "../../src/config/fault.ts";

describe("a value in a fault", () => {
  it.each([
    [undefined, "nothing"],
    [null, "nothing (an empty value is null)"],
    ["8787", '"8787"'],
    [Infinity, "Infinity"],
    [{ a: [1] }, '{"a":[1]}'],
  ])("is shown as it was written: %s", (value, shown) => expect(show(value)).toBe(shown));

  it("is never longer than a line, and ends where values nest in circles", () => {
    expect(show("x".repeat(500))).toHaveLength(81);
    const circle: unknown[] = [];
    circle.push(circle);
    expect(show(circle)).toBe('[[["…"]]]');
  });
});
