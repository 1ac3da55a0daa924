import { describe, expect, it } from "vitest";
import { shapeOf } from "../../../src/protocols/gemini/content-shape.ts";
import { pairResults } from "../../../src/protocols/gemini/result-pairs.ts";

const call = (name: string, id?: string) => ({ functionCall: { name, ...(id && { id }), args: {} } });
const response = (name: string, id?: string) => ({
  functionResponse: { name, ...(id && { id }), response: {} },
});

function pairs(calls: readonly unknown[], ...results: (readonly unknown[])[]) {
  const contents = [{ role: "model", parts: calls }, ...results.map((parts) => ({ role: "user", parts }))];
  const found = pairResults(contents.map((content) => shapeOf(JSON.stringify(content))));
  return found
    .slice(1)
    .flat()
    .map((one) => (one === undefined ? null : `${one.name}#${one.id}@${one.message}`));
}

describe("the call that a result answers", () => {
  it("is found by id, in any order", () => {
    expect(pairs([call("f", "a"), call("g", "b")], [response("g", "b"), response("f", "a")])).toEqual([
      "g#b@0",
      "f#a@0",
    ]);
  });

  it("is found by name and order without ids, and where only one side has them", () => {
    expect(pairs([call("f"), call("g"), call("f")], [response("f"), response("f"), response("g")])).toEqual([
      "f#@0",
      "f#@0",
      "g#@0",
    ]);
    expect(pairs([call("f", "a"), call("f", "b")], [response("f"), response("f")])).toEqual([
      "f#a@0",
      "f#b@0",
    ]);
    expect(pairs([call("f")], [response("f", "made-up")])).toEqual(["f#@0"]);
  });

  it("is found over several contents, and only once", () => {
    expect(pairs([call("f", "a"), call("f", "b")], [response("f", "b")], [response("f", "a")])).toEqual([
      "f#b@0",
      "f#a@0",
    ]);
    expect(pairs([call("f", "a")], [response("f", "a"), response("f", "a")])).toEqual(["f#a@0", null]);
  });

  it("is none for another id or another name", () => {
    expect(pairs([call("f", "a")], [response("f", "z")])).toEqual([null]);
    expect(pairs([call("f")], [response("g")])).toEqual([null]);
  });
});
