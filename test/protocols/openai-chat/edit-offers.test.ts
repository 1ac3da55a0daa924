import { describe, expect, it } from "vitest";
import type { PromptEdit } from "../../../src/exchange/prompt.ts";
import { editPrompt } from "../../../src/protocols/openai-chat/edit-prompt.ts";
import { readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";

function edited(members: string, ...edits: PromptEdit[]): string {
  const after = editPrompt(readPrompt(`{"messages":[],${members}}`), edits);
  expect(() => JSON.parse(after) as unknown).not.toThrow();
  return after.replace(/^\{"messages":\[\],?/, "").replace(/\}$/, "");
}

const offer = (name: string) => `{"type":"function","function":{"name":"${name}"}}`;
const tools = (...names: string[]) => `"tools":[${names.map(offer).join(",")}]`;
const allowed = (...names: string[]) => {
  const references = names.map((name) => `{"type":"function","function":{"name":"${name}"}}`);
  return `"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[${references.join(",")}]}}`;
};
const remove = (index: number): PromptEdit => ({ kind: "remove-offer", offer: index });

describe("taking offers away", () => {
  it("keeps the others as they are", () => {
    expect(edited(`"tools":[ ${offer("a")}, ${offer("b")}, ${offer("c")} ]`, remove(1))).toBe(
      `"tools":[ ${offer("a")}, ${offer("c")} ]`,
    );
  });

  it("takes with the last one all that is an error without tools", () => {
    const members = `"tools":[${offer("a")}],"tool_choice":"auto","temperature":1.0,"parallel_tool_calls":false`;
    expect(edited(members, remove(0))).toBe('"temperature":1.0');
  });

  it("empties one list, and leaves the other with its choice", () => {
    const members = `"functions":[{"name":"old"}],"function_call":"auto","tools":[${offer("a")}],"tool_choice":"auto"`;
    expect(edited(members, remove(1))).toBe(`"tools":[${offer("a")}],"tool_choice":"auto"`);
    expect(edited(members, remove(0))).toBe('"functions":[{"name":"old"}],"function_call":"auto"');
    expect(edited(members, remove(0), remove(1))).toBe("");
  });

  it("takes the name off the list of allowed tools, and forbids calls where none is left", () => {
    expect(edited(`${tools("a", "b")},${allowed("a", "b")}`, remove(0))).toBe(
      `${tools("b")},${allowed("b")}`,
    );
    expect(edited(`${tools("a", "b")},${allowed("b")}`, remove(0))).toBe(`${tools("b")},${allowed("b")}`);
    expect(edited(`${tools("a", "b")},${allowed("a")}`, remove(0))).toBe(
      `${tools("b")},"tool_choice":"none"`,
    );
  });
});

describe("describing offers otherwise", () => {
  it("replaces what stands there, and adds what does not", () => {
    const rewrite = {
      kind: "rewrite-offer",
      offer: 0,
      description: "new",
      schemaText: '{"type": "object"}',
    } as const;
    expect(edited('"tools":[{"type":"function","function":{"name":"a","description":"old"}}]', rewrite)).toBe(
      '"tools":[{"type":"function","function":{"name":"a","description":"new","parameters":{"type": "object"}}}]',
    );
    expect(edited('"functions":[{"parameters":{},"name":"a"}]', rewrite)).toBe(
      '"functions":[{"parameters":{"type": "object"},"name":"a","description":"new"}]',
    );
    expect(edited('"tools":[{"type":"function","function":{}}]', rewrite)).toContain(
      '{"description":"new","parameters":{"type": "object"}}',
    );
  });

  it("gives a custom tool no schema, and leaves alone what the provider defines", () => {
    const rewrite = { kind: "rewrite-offer", offer: 0, description: "new", schemaText: "{}" } as const;
    expect(edited('"tools":[{"type":"custom","custom":{"name":"a"}}]', rewrite)).toBe(
      '"tools":[{"type":"custom","custom":{"name":"a","description":"new"}}]',
    );
    expect(edited('"tools":[{"type":"web_search"}]', rewrite)).toBe('"tools":[{"type":"web_search"}]');
  });

  it("is forgotten where the offer leaves", () => {
    const rewrite = { kind: "rewrite-offer", offer: 0, description: "new" } as const;
    expect(edited(`"tools":[${offer("a")},${offer("b")}]`, rewrite, remove(0))).toBe(
      `"tools":[${offer("b")}]`,
    );
  });

  it("is a mistake for an offer that is not there", () => {
    expect(() => edited('"tools":[]', { kind: "rewrite-offer", offer: 0, description: "d" })).toThrow(
      "The prompt has no offer 0.",
    );
  });
});
