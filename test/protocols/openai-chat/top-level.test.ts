import { describe, expect, it } from "vitest";
import { TopLevel } from "../../../src/protocols/openai-chat/top-level.ts";
import { JsonTextError } from "../../../src/wire/json-scan.ts";

describe("the members of a body", () => {
  it("are the last of each name, and null is absent", () => {
    const text = ' {"a":[1, 2],"b":1,"b":{},"c":null}';
    const top = new TopLevel(text);
    const textAt = (key: string): string | undefined => {
      const span = top.span(key);
      return span && text.slice(span.start, span.end);
    };
    expect(["a", "b", "c", "d"].map((key) => textAt(key))).toEqual(["[1, 2]", "{}", undefined, undefined]);
    expect(top.root).toEqual({ start: 1, end: text.length });
  });

  it("are arrays with elements, or none", () => {
    const top = new TopLevel('{"a":[1, 2],"b":{}}');
    expect(top.array("a")).toEqual({ start: 5, end: 11 });
    expect(top.elements("a")).toEqual([
      { start: 6, end: 7 },
      { start: 9, end: 10 },
    ]);
    expect(top.array("b")).toBeUndefined();
    expect(top.elements("b")).toBeUndefined();
  });

  it("are those of an object only", () => {
    expect(() => new TopLevel("[]")).toThrow(JsonTextError);
  });
});
