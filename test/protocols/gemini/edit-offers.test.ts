import { describe, expect, it } from "vitest";
import { editPrompt } from "../../../src/protocols/gemini/edit-prompt.ts";
import { readPrompt } from "../../../src/protocols/gemini/read-prompt.ts";
import { path } from "./traffic.ts";

const f = { name: "f", parameters: { type: "OBJECT" } };
const g = { name: "g" };

function promptOf(tools: unknown, more: Record<string, unknown> = {}) {
  return readPrompt(JSON.stringify({ contents: [], tools, ...more }), path);
}

function without(name: string, tools: unknown, more: Record<string, unknown> = {}): Record<string, unknown> {
  const prompt = promptOf(tools, more);
  const removed = prompt.offers.filter((offer) => offer.name === name);
  const edits = removed.map(({ index }) => ({ kind: "remove-offer", offer: index }) as const);
  return JSON.parse(editPrompt(prompt, edits)) as Record<string, unknown>;
}

describe("taking offers away", () => {
  it("takes a declaration, then its list, then its tool, then all tools", () => {
    expect(without("f", [{ functionDeclarations: [f, g] }])["tools"]).toEqual([
      { functionDeclarations: [g] },
    ]);
    expect(without("f", [{ functionDeclarations: [f], googleSearch: {} }])["tools"]).toEqual([
      { googleSearch: {} },
    ]);
    expect(without("f", [{ functionDeclarations: [f] }, { googleSearch: {} }])["tools"]).toEqual([
      { googleSearch: {} },
    ]);
    expect(without("f", { function_declarations: f })).toEqual({ contents: [] });
  });

  it("takes a tool of the provider, alone or beside others", () => {
    expect(without("googleSearch", [{ googleSearch: {} }, { functionDeclarations: [g] }])["tools"]).toEqual([
      { functionDeclarations: [g] },
    ]);
    expect(without("urlContext", [{ googleSearch: {}, urlContext: {} }])["tools"]).toEqual([
      { googleSearch: {} },
    ]);
    expect(without("click_at", [{ computerUse: {}, googleSearch: {} }])["tools"]).toEqual([
      { googleSearch: {} },
    ]);
  });

  it("takes the configuration of calling with the last declaration, and no other configuration", () => {
    const calling = { functionCallingConfig: { mode: "ANY" } };
    const tools = [{ functionDeclarations: [f] }, { googleSearch: {} }];
    expect(without("f", tools, { toolConfig: calling })).not.toHaveProperty("toolConfig");
    expect(without("f", [{ functionDeclarations: [f] }], { toolConfig: calling })).toEqual({ contents: [] });
    const both = { ...calling, retrievalConfig: { languageCode: "en" } };
    expect(without("f", tools, { tool_config: both })["tool_config"]).toEqual({
      retrievalConfig: { languageCode: "en" },
    });
    expect(without("googleSearch", tools, { toolConfig: calling })["toolConfig"]).toEqual(calling);
  });

  it("narrows the allowed names, of which an empty list would allow every function", () => {
    const config = (...allowed: string[]) => ({
      functionCallingConfig: { mode: "ANY", allowedFunctionNames: allowed },
    });
    const tools = [{ functionDeclarations: [f, g] }];
    expect(without("f", tools, { toolConfig: config("f", "g") })["toolConfig"]).toEqual(config("g"));
    expect(without("f", tools, { toolConfig: config("f") })["toolConfig"]).toEqual({
      functionCallingConfig: { mode: "NONE" },
    });
    expect(without("f", tools, { toolConfig: config("g") })["toolConfig"]).toEqual(config("g"));
  });
});

describe("describing offers otherwise", () => {
  it("puts a schema into the field for JSON Schema, in the place of the dialect", () => {
    const prompt = promptOf([{ functionDeclarations: [f, g], googleSearch: {} }]);
    const to = { description: "d", schemaText: '{"type":"object"}' };
    const after = editPrompt(prompt, [
      { kind: "rewrite-offer", offer: 0, ...to },
      { kind: "rewrite-offer", offer: 1, ...to },
      { kind: "rewrite-offer", offer: 2, description: "not described" },
    ]);
    const described = { description: "d", parametersJsonSchema: { type: "object" } };
    expect((JSON.parse(after) as Record<string, unknown>)["tools"]).toEqual([
      {
        functionDeclarations: [
          { name: "f", ...described },
          { name: "g", ...described },
        ],
        googleSearch: {},
      },
    ]);
  });

  it("describes no offer that leaves, and knows which offers there are", () => {
    const prompt = promptOf([{ functionDeclarations: [f, g] }]);
    const after = editPrompt(prompt, [
      { kind: "remove-offer", offer: 0 },
      { kind: "rewrite-offer", offer: 0, description: "d" },
    ]);
    expect((JSON.parse(after) as Record<string, unknown>)["tools"]).toEqual([{ functionDeclarations: [g] }]);
    expect(() => editPrompt(prompt, [{ kind: "remove-offer", offer: 9 }])).toThrow(/no offer 9/);
  });
});
