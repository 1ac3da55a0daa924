import { describe, expect, it } from "vitest";
import { editTools } from "../../../src/protocols/anthropic-messages/edit-tools.ts";
import { layoutOf } from "../../../src/protocols/anthropic-messages/layout.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import type { PromptEdit } from "../../../src/exchange/prompt.ts";

const edit = (body: string, ...edits: PromptEdit[]) => {
  const prompt = readPrompt(body);
  return applyEdits(body, editTools(prompt, layoutOf(prompt), edits));
};
const body =
  '{"tools":[{"name":"a","input_schema":{}} , {"name":"b", "description":"old","input_schema":{"x": 1.0}},{"type":"bash_20250124","name":"bash"}],"messages":[]}';

describe("editing offers", () => {
  it("removes the elements of refused offers, with the commas right", () => {
    expect(JSON.parse(edit(body, { kind: "remove-offer", offer: 0 })).tools).toHaveLength(2);
    expect(edit(body, { kind: "remove-offer", offer: 0 }, { kind: "remove-offer", offer: 2 })).toBe(
      '{"tools":[{"name":"b", "description":"old","input_schema":{"x": 1.0}}],"messages":[]}',
    );
    expect(edit(body, ...[0, 1, 2].map((offer): PromptEdit => ({ kind: "remove-offer", offer })))).toBe(
      '{"messages":[]}',
    );
  });

  it("gives an offer another description and schema in place", () => {
    expect(
      edit(body, { kind: "rewrite-offer", offer: 1, description: "new", schemaText: '{"y": 2.0}' }),
    ).toBe(body.replace('"old"', '"new"').replace('{"x": 1.0}', '{"y": 2.0}'));
    expect(edit(body, { kind: "rewrite-offer", offer: 0, description: "new" })).toContain(
      '{"name":"a","input_schema":{},"description":"new"}',
    );
  });

  it("reaches into the definition that a system message gives, but not into a signed compaction", () => {
    const definition = '{"name":"c","input_schema":{}}';
    const addition = `{"type":"tool_addition","tool":{"type":"tool_definition","definition":${definition}}}`;
    const inline = `{"messages":[{"role":"system","content":[${addition}]}]}`;
    expect(edit(inline, { kind: "rewrite-offer", offer: 0, schemaText: '{"type":"object"}' })).toContain(
      '{"name":"c","input_schema":{"type":"object"}}',
    );
    const compacted = `{"messages":[{"role":"assistant","content":[{"type":"compaction","content":"…","tool_changes":[${addition}]}]}]}`;
    expect(edit(compacted, { kind: "rewrite-offer", offer: 0, description: "new" })).toBe(compacted);
    expect(edit(compacted, { kind: "remove-offer", offer: 0 })).toBe(compacted);
  });

  it("takes tool_choice away with the last offer, and not before", () => {
    const tools = '"tools":[{"name":"a","input_schema":{}}],"tool_choice":{"type":"any"}';
    expect(edit(`{${tools},"messages":[]}`, { kind: "remove-offer", offer: 0 })).toBe('{"messages":[]}');
    const addition = `{"type":"tool_addition","tool":{"type":"tool_definition","definition":{"name":"b"}}}`;
    const messages = `"messages":[{"role":"system","content":[${addition}]}]`;
    expect(edit(`{${tools},${messages}}`, { kind: "remove-offer", offer: 0 })).toBe(
      `{"tool_choice":{"type":"any"},${messages}}`,
    );
  });

  it("removes a server of the MCP connector together with its toolset", () => {
    const toolset = (name: string) => ({ type: "mcp_toolset", mcp_server_name: name });
    const server = (name: string) => ({ type: "url", name, url: `https://${name}.test` });
    const two = {
      mcp_servers: [server("x"), server("y")],
      tools: [toolset("x"), toolset("y")],
      messages: [],
    };
    const text = JSON.stringify(two);
    expect(JSON.parse(edit(text, { kind: "remove-offer", offer: 0 }))).toEqual({
      mcp_servers: [server("y")],
      tools: [toolset("y")],
      messages: [],
    });
    const both = [0, 1].map((offer): PromptEdit => ({ kind: "remove-offer", offer }));
    expect(JSON.parse(edit(text, ...both))).toEqual({ messages: [] });
    // A tool that only has the server's name leaves the server alone.
    const alike = JSON.stringify({ mcp_servers: [server("x")], tools: [{ name: "x" }], messages: [] });
    expect(JSON.parse(edit(alike, { kind: "remove-offer", offer: 0 }))).toEqual({
      mcp_servers: [server("x")],
      messages: [],
    });
  });

  it("removes the definition that a message replaced, which would count again", () => {
    const definition = { name: "a", input_schema: { type: "object" } };
    const addition = { type: "tool_addition", tool: { type: "tool_definition", definition } };
    const messages = [{ role: "system", content: [addition] }];
    const text = JSON.stringify({ tools: [{ name: "a" }, { name: "b" }], messages });
    const at = readPrompt(text).offers.findIndex(({ name }) => name === "a");
    expect(JSON.parse(edit(text, { kind: "remove-offer", offer: at })).tools).toEqual([{ name: "b" }]);
  });

  it("does not know an offer that is not there", () => {
    expect(() => edit(body, { kind: "remove-offer", offer: 3 })).toThrow("no offer 3");
  });
});
