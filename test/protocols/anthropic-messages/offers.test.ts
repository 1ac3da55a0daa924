import { describe, expect, it } from "vitest";
import { readOffer } from "../../../src/protocols/anthropic-messages/offers.ts";
import { rootSpan } from "../../../src/wire/json-text.ts";

const offer = (tool: unknown) => {
  const text = typeof tool === "string" ? tool : JSON.stringify(tool);
  return readOffer(text, rootSpan(text), rootSpan(text));
};

describe("reading an offer", () => {
  it("keeps the schema exactly as received", () => {
    const read = offer('{"name":"f","description":"d","strict":true,"input_schema":{ "minimum": 1.50 }}');
    expect(read).toMatchObject({
      name: "f",
      kind: "function",
      description: "d",
      strict: true,
      schemaText: '{ "minimum": 1.50 }',
    });
  });

  it("takes a tool without a type, or with type custom, for a function", () => {
    expect(offer({ type: "custom", name: "f", input_schema: {} }).kind).toBe("function");
    expect(offer({ type: null, name: "f", input_schema: {} }).kind).toBe("function");
    expect(offer({ name: "f" }).schemaText).toBeUndefined();
  });

  it("takes everything that Anthropic defines for the provider's, whatever fields it has", () => {
    const tools = [
      { type: "bash_20250124", name: "bash" },
      { type: "web_search_20260318", name: "web_search", input_schema: {} },
      { type: "mcp_toolset", mcp_server_name: "weather" },
      { type: "computer_toolset_20260801" },
      { type: "browser_toolset_20270101" },
    ];
    expect(tools.map(offer).map(({ name, kind, schemaText }) => [name, kind, schemaText])).toEqual([
      ["bash", "provider", undefined],
      ["web_search", "provider", undefined],
      ["weather", "provider", undefined],
      ["computer", "provider", undefined],
      ["browser", "provider", undefined],
    ]);
  });

  it("stays the same offer when a cache breakpoint moves or streaming is asked for", () => {
    const plain = offer({ name: "f", input_schema: { type: "object" } });
    const marked = offer({
      cache_control: { type: "ephemeral" },
      input_schema: { type: "object" },
      eager_input_streaming: true,
      name: "f",
    });
    expect(marked.identity).toBe(plain.identity);
    expect(offer({ name: "f", input_schema: { type: "string" } }).identity).not.toBe(plain.identity);
  });
});
