import { describe, expect, it } from "vitest";
import { readHead } from "../../../src/protocols/anthropic-messages/head.ts";
import { findLayout } from "../../../src/protocols/anthropic-messages/layout.ts";

const head = (request: unknown) => {
  const body = typeof request === "string" ? request : JSON.stringify(request);
  return readHead(body, findLayout(body));
};
const tool = { name: "f", input_schema: { type: "object" } };

describe("what stands before the messages", () => {
  it("gives places in the body, wherever the members stand", () => {
    const body = `{ "x": 1, "system": [{"type":"text","text":"a"} , {"type":"text","text":"b"}], "tools": [ ${JSON.stringify(tool)} ] }`;
    const { system, offers, tools } = head(body);
    expect(system.map(({ span }) => body.slice(span.start, span.end))).toEqual([
      '{"type":"text","text":"a"}',
      '{"type":"text","text":"b"}',
    ]);
    expect(offers.map(({ span }) => body.slice(span.start, span.end))).toEqual([JSON.stringify(tool)]);
    expect(tools?.original).toBe(`[ ${JSON.stringify(tool)} ]`);
  });

  it("hashes a system string like its blocks, and tools without what passes", () => {
    const plain = head({ system: "ab", tools: [tool] }).hash;
    const marked = head({
      tools: [{ ...tool, cache_control: { type: "ephemeral" } }],
      system: [
        { type: "text", text: "a" },
        { type: "text", text: "b", cache_control: { type: "ephemeral" } },
      ],
    });
    expect(marked.hash).toBe(plain);
    const others = [{ system: "ab" }, { tools: [tool] }, {}, { system: "ab", tools: [tool, tool] }];
    expect(new Set([plain, ...others.map((other) => head(other).hash)]).size).toBe(5);
  });

  it.each([{ tools: ["f"] }, { system: 7 }, { system: ["a"] }])("refuses %j", (request) => {
    expect(() => head(request)).toThrowError(expect.objectContaining({ code: "request_malformed" }));
  });
});
