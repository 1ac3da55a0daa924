import { describe, expect, it } from "vitest";
import { blockFrames, rewrittenStart } from "../../../src/protocols/anthropic-messages/written-block.ts";
import { eventsIn, textOf } from "./traffic.ts";

describe("writing a whole block", () => {
  it("gives text and input in one delta each, as some clients read nothing else", () => {
    expect(eventsIn(textOf(blockFrames('{"type":"text","text":"so","x":1}', 3)))).toEqual([
      { type: "content_block_start", index: 3, content_block: { type: "text", text: "", x: 1 } },
      { type: "content_block_delta", index: 3, delta: { type: "text_delta", text: "so" } },
      { type: "content_block_stop", index: 3 },
    ]);
    const call = '{"type":"tool_use","id":"t","name":"f","input":{"a": 1.0}}';
    expect(textOf(blockFrames(call, 0))).toContain(JSON.stringify('{"a": 1.0}'));
  });

  it("gives every other block as it is", () => {
    const block = '{"type":"code_execution_tool_result","content": {"stdout":"1.0"}}';
    const stream = textOf(blockFrames(block, 1));
    expect(stream).toContain(block);
    expect(eventsIn(stream)).toHaveLength(2);
  });

  it.each<[string, unknown, unknown[]]>([
    [
      '{"type":"thinking","thinking":"Caf\\u00e9","signature":"c2ln"}',
      { type: "thinking", thinking: "", signature: "" },
      [
        { type: "thinking_delta", thinking: "Café" },
        { type: "signature_delta", signature: "c2ln" },
      ],
    ],
    [
      // What is omitted is empty, and signed all the same.
      '{"type":"thinking","thinking":"","signature":"c2ln"}',
      { type: "thinking", thinking: "", signature: "" },
      [{ type: "signature_delta", signature: "c2ln" }],
    ],
    [
      '{"type":"text","text":"so","citations":[{"type":"a"},{"type":"b"}]}',
      { type: "text", text: "", citations: [] },
      [
        { type: "text_delta", text: "so" },
        { type: "citations_delta", citation: { type: "a" } },
        { type: "citations_delta", citation: { type: "b" } },
      ],
    ],
    ['{"type":"text","text":"","citations":null}', { type: "text", text: "", citations: null }, []],
    [
      '{"type":"compaction","content":"So far.","encrypted_content":"x","signature":"s"}',
      { type: "compaction", content: null, encrypted_content: null, signature: "s" },
      [{ type: "compaction_delta", content: "So far.", encrypted_content: "x" }],
    ],
    ['{"type":"compaction"}', { type: "compaction" }, []],
    [
      '{"type":"server_tool_use","id":"s","name":"web_search","input":{"query":"q"}}',
      { type: "server_tool_use", id: "s", name: "web_search", input: {} },
      [{ type: "input_json_delta", partial_json: '{"query":"q"}' }],
    ],
    [
      // As the provider does it for a call without arguments.
      '{"type":"tool_use","id":"t","name":"f","input":{}}',
      { type: "tool_use", id: "t", name: "f", input: {} },
      [{ type: "input_json_delta", partial_json: "" }],
    ],
    [
      '{"type":"mcp_tool_use","id":"m","name":"f","server_name":"s","input":{"a":1}}',
      { type: "mcp_tool_use", id: "m", name: "f", server_name: "s", input: { a: 1 } },
      [],
    ],
  ])("begins empty what comes in deltas: %s", (block, opening, deltas) => {
    expect(eventsIn(textOf(blockFrames(block, 2)))).toEqual([
      { type: "content_block_start", index: 2, content_block: opening },
      ...deltas.map((delta) => ({ type: "content_block_delta", index: 2, delta })),
      { type: "content_block_stop", index: 2 },
    ]);
  });

  it("gives each event one line, however the block was written", () => {
    const block = '{\n  "type": "tool_use",\r\n  "input": {\n    "a": "\\n"\n  }\n}';
    expect(textOf(blockFrames(block, 0)).match(/^data: /gm)).toHaveLength(3);
    expect(eventsIn(textOf(blockFrames(block, 0)))[1]).toMatchObject({
      delta: { partial_json: '{\n    "a": "\\n"\n  }' },
    });
  });

  it("starts a rewritten call empty, with all its other fields", () => {
    const start =
      '{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"old":1},"caller":{"type":"direct"}}}';
    expect(eventsIn(textOf(rewrittenStart(start, 1, '{"new":1}')))).toEqual([
      {
        type: "content_block_start",
        index: 1,
        content_block: { type: "tool_use", id: "t", name: "f", input: {}, caller: { type: "direct" } },
      },
      {
        type: "content_block_delta",
        index: 1,
        delta: { type: "input_json_delta", partial_json: '{"new":1}' },
      },
    ]);
  });
});
