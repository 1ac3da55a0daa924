import { describe, expect, it } from "vitest";
import { parametersIn } from "../../src/protocols/parameters.ts";
import { members, rootSpan } from "../../src/wire/json-text.ts";

function parametersOf(text: string): unknown {
  return parametersIn(text, members(text, rootSpan(text)), new Set(["messages", "stream"]));
}

describe("the parameters of a request", () => {
  it("are its other members, in the order of their names, as they came", () => {
    expect(
      parametersOf('{"top_p": 1.0, "stream": true, "n": 2e0, "messages": [], "\\u0061": [ 1 ]}'),
    ).toEqual([
      ["a", "[ 1 ]"],
      ["n", "2e0"],
      ["top_p", "1.0"],
    ]);
  });

  it("are of equal names the last", () => {
    expect(parametersOf('{"n": 1, "a": 2, "\\u006e": 3}')).toEqual([
      ["a", "2"],
      ["n", "3"],
    ]);
  });

  it("tell names with lone surrogates apart", () => {
    expect(parametersOf('{"\\ud83e": 1, "\\ud83d": 2}')).toEqual([
      ["\ud83d", "2"],
      ["\ud83e", "1"],
    ]);
  });
});
