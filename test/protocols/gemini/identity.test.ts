import { describe, expect, it } from "vitest";
import { identity } from "../../../src/protocols/gemini/identity.ts";
import { readPrompt } from "../../../src/protocols/gemini/read-prompt.ts";
import { path } from "./traffic.ts";

describe("the identity of a request", () => {
  it("is all that it says, as it came, and to which model", () => {
    const body =
      '{"tools": [ ], "contents": [{"role":"model","parts":[{"text":"\\u0061"}]}, {"role":"model","parts":[]}], "labels":{"a": "1"}}';
    expect(identity(readPrompt(body, path))).toEqual({
      path: "/v1beta/models/gemini-3-flash",
      parameters: [
        ["labels", '{"a": "1"}'],
        ["tools", "[ ]"],
      ],
      messages: ['{"role":"model","parts":[{"text":"\\u0061"}]}', '{"role":"model","parts":[]}'],
    });
  });

  it("is the same however the answer is to be written", () => {
    const prompts = ["generateContent", "streamGenerateContent"].map((method) =>
      readPrompt('{"contents":[]}', `/v1beta/models/m:${method}`),
    );
    expect(identity(prompts[0]!)).toEqual(identity(prompts[1]!));
  });

  it("has a content that stands in no list", () => {
    const content = '{"parts":{"text":"a"}}';
    expect(identity(readPrompt(`{"contents":${content}}`, path)).messages).toEqual([content]);
  });
});
