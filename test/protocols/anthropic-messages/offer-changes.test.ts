import { describe, expect, it } from "vitest";
import { offerChangesIn, offersAfter } from "../../../src/protocols/anthropic-messages/offer-changes.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

const changes = (block: { readonly type: string; readonly [field: string]: unknown }) => {
  const text = JSON.stringify(block);
  return offerChangesIn(text, rootSpan(text), block.type);
};
const definition = { name: "g", input_schema: { type: "object" } };

describe("changes of the offered tools within a conversation", () => {
  it("finds references and full definitions", () => {
    expect(changes({ type: "tool_removal", tool: { type: "tool_reference", name: "f" } })).toEqual([
      { kind: "hide", name: "f" },
    ]);
    expect(
      changes({ type: "tool_addition", tool: { type: "mcp_toolset_reference", server_name: "s" } }),
    ).toEqual([{ kind: "show", name: "s" }]);
    const [added] = changes({
      type: "tool_addition",
      tool: { type: "tool_definition", definition },
    });
    expect(added).toMatchObject({
      kind: "add",
      offer: { name: "g", kind: "function", schemaText: '{"type":"object"}' },
    });
  });

  it("finds those that a compaction block carries for the messages it summarizes", () => {
    const tool_changes = [
      { type: "tool_addition", tool: { type: "tool_definition", definition } },
      { type: "tool_removal", tool: { type: "tool_reference", name: "f" } },
    ];
    expect(changes({ type: "compaction", content: "…", tool_changes })).toMatchObject([
      { kind: "add", offer: { name: "g" } },
      { kind: "hide", name: "f" },
    ]);
  });

  it("ignores one tool of an MCP server, other blocks and broken ones", () => {
    const blocks = [
      { type: "tool_removal", tool: { type: "mcp_tool_reference", server_name: "s", name: "f" } },
      { type: "text", text: "tool_removal" },
      { type: "tool_addition" },
      { type: "tool_addition", tool: "f" },
      { type: "compaction", tool_changes: null },
      { type: "compaction", tool_changes: [3] },
    ];
    expect(blocks.flatMap(changes)).toEqual([]);
  });

  it("gives the offers in effect at the end, each name once", () => {
    const [f, g, later] = [{ name: "f" }, { name: "g" }, { name: "f", later: true }];
    const after = (...steps: Parameters<typeof offersAfter>[1]) => offersAfter([f, g], steps);
    expect(after({ kind: "hide", name: "f" })).toEqual([g]);
    expect(after({ kind: "hide", name: "f" }, { kind: "show", name: "f" })).toEqual([f, g]);
    expect(after({ kind: "hide", name: "f" }, { kind: "add", offer: later })).toEqual([g, later]);
    expect(after({ kind: "show", name: "unknown" })).toEqual([f, g]);
  });
});
