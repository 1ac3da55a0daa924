import { describe, expect, it } from "vitest";
import { blockFrames, rewrittenStart } from "../../../src/protocols/anthropic-messages/written-block.ts";
import { eventsIn, textOf } from "./traffic.ts";

const keep = { kind: "keep" } as const;

describe("writing a whole block", () => {
  it("gives text and input in one delta each, as some clients read nothing else", () => {
    expect(eventsIn(textOf(blockFrames('{"type":"text","text":"so","x":1}', 3, keep)))).toEqual([
      { type: "content_block_start", index: 3, content_block: { type: "text", text: "", x: 1 } },
      { type: "content_block_delta", index: 3, delta: { type: "text_delta", text: "so" } },
      { type: "content_block_stop", index: 3 },
    ]);
    const call = '{"type":"tool_use","id":"t","name":"f","input":{"a": 1.0}}';
    expect(eventsIn(textOf(blockFrames(call, 0, { kind: "rewrite", input: '{"b":2}' })))[1]).toMatchObject({
      delta: { type: "input_json_delta", partial_json: '{"b":2}' },
    });
    expect(textOf(blockFrames(call, 0, keep))).toContain(JSON.stringify('{"a": 1.0}'));
  });

  it("gives every other block as it is", () => {
    const block = '{"type":"code_execution_tool_result","content": {"stdout":"1.0"}}';
    const stream = textOf(blockFrames(block, 1, keep));
    expect(stream).toContain(block);
    expect(eventsIn(stream)).toHaveLength(2);
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
