import { describe, expect, it } from "vitest";
import { joined, latest } from "../../../src/protocols/openai-chat/joined.ts";
import { exactValue } from "../../../src/wire/exact-json.ts";

function parseExact(text: string): unknown {
  const [value] = exactValue(`[${text}]`, JSON.parse(`[${text}]`)) as unknown[];
  return value;
}

/** What fragments of one member are together, as JSON. */
function all(name: string, ...fragments: readonly string[]): unknown {
  let value: unknown;
  for (const fragment of fragments) value = joined(value, parseExact(fragment), name);
  return JSON.parse(JSON.stringify(value)) as unknown;
}

function last(...words: readonly string[]): string {
  let value: unknown;
  for (const word of words) value = latest(value, parseExact(word));
  return JSON.stringify(value);
}

describe("fragments of a member", () => {
  it("are texts one behind the other, nulls between them or not", () => {
    expect(all("reasoning_content", "null", '"a"', "null", '"b"', '""', '"\\ud83d"', '"\\ude00"')).toBe(
      "ab😀",
    );
    expect(all("refusal", "null", "null")).toBeNull();
    expect(all("content", '""', "null")).toBe("");
  });

  it("are one label where each repeats it", () => {
    expect(all("id", '""', '"call_1"', '"call_1"')).toBe("call_1");
    expect(all("channel", '"analysis"', '"analysis"')).toBe("analysis");
  });

  it("are objects member by member", () => {
    const fragments = ['{"name":"f","arguments":"{"}', '{"arguments":"}","name":null}', '{"x":1}'];
    expect(all("function", ...fragments)).toEqual({ name: "f", arguments: "{}", x: 1 });
  });

  it("are lists one behind the other, with elements that go on by their index", () => {
    const fragments = [
      '[{"type":"reasoning.text","index":0,"text":"a"},{"type":"x","index":0}]',
      '[{"type":"reasoning.text","index":0,"text":"b","signature":null},{"index":1}]',
      "[{},7]",
    ];
    expect(all("reasoning_details", ...fragments)).toEqual([
      { type: "reasoning.text", index: 0, text: "ab", signature: null },
      { type: "x", index: 0 },
      { index: 1 },
      {},
      7,
    ]);
    const apart = ['[{"index":0},{"index":0}]', '[{"index":1},{"index":1}]'];
    expect(all("annotations", ...apart)).toEqual([0, 0, 1, 1].map((index) => ({ index })));
  });

  it("keep a member that is named like the prototype", () => {
    expect(JSON.stringify(joined(parseExact('{"__proto__":"a"}'), parseExact('{"__proto__":"b"}'), ""))).toBe(
      '{"__proto__":"ab"}',
    );
  });
});

describe("what is told once for the whole answer", () => {
  it("is the latest word that is not null", () => {
    expect(last('"auto"', "null", '"default"', "null")).toBe('"default"');
    expect(last("null", "null")).toBe("null");
    expect(last("[1]", "[2]")).toBe("[2]");
    expect(last("1.0", "2.50")).toBe("2.50");
    expect(last('{"a":1}', "2.0")).toBe("2.0");
  });

  it("is of objects the latest of each member", () => {
    expect(last('{"id":"g1","usage":null}', '{"usage":{"a":1}}', '{"usage":{"b":2},"id":null}')).toBe(
      '{"id":"g1","usage":{"a":1,"b":2}}',
    );
  });
});
