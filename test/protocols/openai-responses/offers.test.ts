import { describe, expect, it } from "vitest";
import {
  innerTools,
  offersIn,
  referencedName,
  toolChoiceOf,
} from "../../../src/protocols/openai-responses/offers.ts";
import { promptOf } from "./traffic.ts";

const f = { type: "function", name: "find", parameters: { type: "object" } };

function all(text: string) {
  return offersIn(text, { start: 0, end: text.length });
}

describe("the offers of a request", () => {
  it("are functions, custom tools with their grammar, and the provider's own", () => {
    const format = { type: "grammar", syntax: "regex", definition: "a+" };
    const offers = all(
      JSON.stringify([
        f,
        { type: "custom", name: "sql", format },
        { type: "mcp", server_label: "weather" },
        { type: "web_search" },
        7,
      ]),
    );
    expect(offers.map(({ name, kind }) => [name, kind])).toEqual([
      ["find", "function"],
      ["sql", "custom"],
      ["weather", "provider"],
      ["web_search", "provider"],
      ["", "provider"],
    ]);
    expect(offers[0]?.schemaText).toBe('{"type":"object"}');
    expect(offers[1]?.grammar).toEqual({ syntax: "regex", definition: "a+" });
  });

  it("tell equal names in two namespaces apart", () => {
    const text = JSON.stringify([
      { type: "namespace", name: "crm", tools: [f] },
      { type: "namespace", name: "erp", tools: [f] },
      f,
    ]);
    const offers = all(text);
    expect(offers.map(({ name }) => name)).toEqual(["crm.find", "erp.find", "find"]);
    for (const { span } of offers) expect(JSON.parse(text.slice(span.start, span.end))).toEqual(f);
    expect(innerTools(text, { start: 1, end: text.indexOf("]}") + 2 })).toHaveLength(1);
  });

  it("come with the items that make them, and the last definition counts", () => {
    const other = { ...f, parameters: { type: "object", required: ["q"] } };
    const { offers } = promptOf(
      [
        { role: "user", content: "Hi" },
        { type: "additional_tools", role: "developer", tools: [{ ...f, name: "late" }] },
        { type: "tool_search_output", call_id: null, execution: "server", tools: [other] },
      ],
      { tools: [{ ...f, defer_loading: true }] },
    );
    expect(offers.map(({ name, index }) => [name, index])).toEqual([
      ["find", 0],
      ["late", 1],
    ]);
    expect(offers[0]?.schemaText).toContain("required");
  });

  it.each([
    ["required", { kind: "required" }],
    [undefined, { kind: "auto" }],
    [
      { type: "function", name: "find" },
      { kind: "named", names: ["find"] },
    ],
    [
      { type: "mcp", server_label: "weather" },
      { kind: "named", names: ["weather"] },
    ],
    [{ type: "allowed_tools", mode: "auto", tools: [f] }, { kind: "auto" }],
    [
      { type: "allowed_tools", mode: "required", tools: [f] },
      { kind: "named", names: ["find"] },
    ],
  ])("may be chosen from: %j", (choice, expected) => {
    expect(toolChoiceOf(choice, true)).toEqual(expected);
  });

  it("are named by references", () => {
    const text = JSON.stringify({ type: "function", name: "find", namespace: "crm" });
    expect(referencedName(text, { start: 0, end: text.length })).toBe("crm.find");
    expect(referencedName("7", { start: 0, end: 1 })).toBeUndefined();
  });
});
