import { describe, expect, it } from "vitest";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import { nameOf } from "../../../src/protocols/openai-chat/offers.ts";
import { readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";
import { fixture } from "./traffic.ts";

function promptWith(members: string): Prompt {
  return readPrompt(`{"model":"m","messages":[]${members === "" ? "" : `,${members}`}}`);
}

const tools = '"tools":[{"type":"function","function":{"name":"f"}}]';

describe("the offers of a request", () => {
  it("are read with the schema's own text, from where they stand", () => {
    const prompt = promptWith(
      '"tools":[ {"type":"function","function":{"name":"f","description":"d","strict":true,"parameters":{"a" : 1.0}}} ]',
    );
    const [offer] = prompt.offers;
    expect(offer).toMatchObject({ name: "f", kind: "function", description: "d", strict: true });
    expect(offer?.schemaText).toBe('{"a" : 1.0}');
    expect(prompt.text.slice(offer?.span.start, offer?.span.end)).toMatch(/^\{"type".*1\.0\}\}\}$/);
  });

  it("say which grammar the text of a custom tool must match", () => {
    const formats = [
      '{"type":"grammar","grammar":{"syntax":"regex","definition":"a+"}}',
      '{"type":"grammar","grammar":{"syntax":"lark","definition":"start: \\"x\\""}}',
      '{"type":"grammar","grammar":{"syntax":"peg","definition":"x"}}',
      '{"type":"text"}',
    ];
    const custom = formats.map((format) => `{"type":"custom","custom":{"name":"sql","format":${format}}}`);
    const { offers } = promptWith(`"tools":[${custom.join(",")}]`);
    expect(offers.map(({ grammar }) => grammar)).toEqual([
      { syntax: "regex", definition: "a+" },
      { syntax: "lark", definition: 'start: "x"' },
      undefined,
      undefined,
    ]);
  });

  it("are functions without arguments, custom tools, the provider's own, and deprecated functions", () => {
    const prompt = promptWith(
      `"functions":[{"name":"old","parameters":{}}],"tools":[${[
        '{"type":"function","function":{"name":"f","parameters":null}}',
        '{"type":"custom","custom":{"name":"sql","format":{"type":"text"}}}',
        '{"type":"web_search"}',
        '{"type":"mcp","name":"files"}',
        "7",
      ].join(",")}]`,
    );
    expect(prompt.offers.map(({ name, kind, schemaText }) => [name, kind, schemaText])).toEqual([
      ["f", "function", undefined],
      ["sql", "custom", undefined],
      ["web_search", "provider", undefined],
      ["files", "provider", undefined],
      ["", "provider", undefined],
      ["old", "function", "{}"],
    ]);
    expect(prompt.offers.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(prompt.parts.map(({ kind }) => kind)).toEqual(["tools", "tools"]);
  });

  it("have one hash however they are written, and another where they differ", () => {
    const written = (json: string): string => promptWith(`"tools":${json}`).headHash;
    const plain = written('[{"type":"function","function":{"name":"f"}}]');
    expect(written('[ {"function":{"name":"f"},"type":"function"} ]')).toBe(plain);
    expect(written('[{"type":"function","function":{"name":"g"}}]')).not.toBe(plain);
    expect(promptWith("").headHash).not.toBe(plain);
  });

  it("stand at their own places in every request that has the same ones", () => {
    const [near] = promptWith(tools).offers;
    const [far] = promptWith(`"temperature":1.0,${tools}`).offers;
    expect(far!.span.start - near!.span.start).toBe('"temperature":1.0,'.length);
  });
});

describe("the choice of a tool", () => {
  it.each([
    ['"tool_choice":"none"', { kind: "none" }],
    ['"tool_choice":"required"', { kind: "required" }],
    ['"tool_choice":"auto"', { kind: "auto" }],
    ['"tool_choice":null', { kind: "auto" }],
    ['"tool_choice":{"type":"function","function":{"name":"f"}}', { kind: "named", names: ["f"] }],
    ['"tool_choice":{"type":"custom","custom":{"name":"s"}}', { kind: "named", names: ["s"] }],
    ['"function_call":{"name":"f"}', { kind: "named", names: ["f"] }],
    ['"function_call":"none"', { kind: "none" }],
    [
      '"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}',
      { kind: "named", names: ["f"] },
    ],
    ['"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[]}}', { kind: "auto" }],
  ])("is read from %s", (member, expected) => {
    expect(promptWith(`${tools},${member}`).toolChoice).toEqual(expected);
  });

  it("is none without tools, as the provider takes it", () => {
    expect(promptWith("").toolChoice).toEqual({ kind: "none" });
  });

  it("finds the name in every form of a reference", () => {
    expect(nameOf({ function: { name: "a" } })).toBe("a");
    expect(nameOf({ custom: { name: "b" } })).toBe("b");
    expect(nameOf({ name: "c" })).toBe("c");
    expect(nameOf({})).toBe("");
  });

  it("leaves a list of allowed tools to the provider where the model may choose", () => {
    expect(readPrompt(fixture("requests/agent.json")).toolChoice).toEqual({ kind: "auto" });
  });
});
