import { describe, expect, it } from "vitest";
import { RequestLayout } from "../../../src/protocols/gemini/layout.ts";
import { callingConfig, readOffers, readToolChoice } from "../../../src/protocols/gemini/offers.ts";

function offersOf(tools: unknown) {
  const body = JSON.stringify({ contents: [], tools });
  return readOffers(new RequestLayout(body)).offers.map((offer) => ({
    ...offer,
    at: body.slice(offer.span.start, offer.span.end),
  }));
}

describe("the tools of a Gemini request", () => {
  it("are every declared function, its schema in JSON Schema, its span the declaration", () => {
    const declaration = { name: "f", description: "d", parameters: { type: "OBJECT" } };
    const standard = '{"type":"object"}';
    const [first, second, third] = offersOf([
      { functionDeclarations: [declaration, { name: "g", parametersJsonSchema: { type: "object" } }] },
      { function_declarations: { name: "h" } },
    ]);
    expect(first).toMatchObject({
      index: 0,
      name: "f",
      kind: "function",
      description: "d",
      schemaText: standard,
    });
    expect(first?.at).toBe(JSON.stringify(declaration));
    expect(second).toMatchObject({ index: 1, name: "g", schemaText: standard });
    expect(third).toMatchObject({ index: 2, name: "h", schemaText: undefined, at: '{"name":"h"}' });
  });

  it("are the provider's own, which leave alone where they stand beside others", () => {
    const [search, code] = offersOf([{ googleSearch: {} }, { codeExecution: {}, urlContext: { a: 1 } }]);
    expect(search).toMatchObject({ name: "googleSearch", kind: "provider", at: '{"googleSearch":{}}' });
    expect(code).toMatchObject({ name: "codeExecution", kind: "provider", at: "{}" });
    expect(offersOf([{ computerUse: {} }]).map(({ name }) => name)).toContain("click_at");
    expect(offersOf([{ googleSearch: null }])).toEqual([]);
  });

  it("are refused where they are no objects", () => {
    expect(() => offersOf([1])).toThrow(expect.objectContaining({ code: "request_malformed" }));
    expect(() => offersOf([{ functionDeclarations: [1] }])).toThrow(/must be an object/);
  });

  it("have a hash that does not depend on how they are written", () => {
    const hash = (tools: string) => readOffers(new RequestLayout(`{"contents":[],"tools":${tools}}`)).hash;
    expect(hash('[{"googleSearch":{}}]')).toBe(hash('[ { "googleSearch" : {} } ]'));
    expect(hash('[{"googleSearch":{}}]')).not.toBe(hash('[{"codeExecution":{}}]'));
  });
});

describe("the choice among them", () => {
  const choice = (config: Record<string, unknown>, offered = true) =>
    readToolChoice({ functionCallingConfig: config }, offered);

  it("is what mode and allowed names make of it", () => {
    expect(choice({})).toEqual({ kind: "auto" });
    expect(choice({ mode: "AUTO" }, false)).toEqual({ kind: "none" });
    expect(choice({ mode: "NONE" })).toEqual({ kind: "none" });
    expect(choice({ mode: "ANY" })).toEqual({ kind: "required" });
    expect(choice({ mode: "any", allowed_function_names: ["f"] })).toEqual({ kind: "named", names: ["f"] });
    expect(choice({ mode: "VALIDATED", allowedFunctionNames: ["f"] })).toEqual({ kind: "auto" });
  });

  it("bears a configuration of any shape", () => {
    expect(callingConfig({ function_calling_config: { mode: 1, allowedFunctionNames: ["a", 2] } })).toEqual({
      mode: "",
      allowed: ["a"],
    });
    expect(callingConfig({})).toEqual({ mode: "", allowed: [] });
  });
});
