import { describe, expect, it } from "vitest";
import { spanAt, stepsOf } from "../../src/wire/json-pointer.ts";

/** The example of RFC 6901, section 5. */
const text = ' {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "list": [{"x": 12345678901234567890}]}';

const at = (pointer: string): string | null => {
  const span = spanAt(text, stepsOf(pointer));
  return span === null ? null : text.slice(span.start, span.end);
};

describe("a JSON Pointer", () => {
  it.each([
    ["", text.trim()],
    ["/foo", '["bar", "baz"]'],
    ["/foo/0", '"bar"'],
    ["/", "0"],
    ["/a~1b", "1"],
    ["/m~0n", "8"],
    ["/list/0/x", "12345678901234567890"],
  ])("%j leads to %s, as it is written", (pointer, value) => {
    expect(at(pointer)).toBe(value);
  });

  it.each(["/none", "/foo/2", "/foo/00", "/foo/-", "/foo/0/x", "/a~1b/c"])("%j leads nowhere", (pointer) => {
    expect(at(pointer)).toBeNull();
  });
});
