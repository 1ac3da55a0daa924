import { describe, expect, it } from "vitest";
import { readPrompt as readMessages } from "../../src/protocols/anthropic-messages/read-prompt.ts";
import { readPrompt as readGemini } from "../../src/protocols/gemini/read-prompt.ts";
import { readPrompt as readChat } from "../../src/protocols/openai-chat/read-prompt.ts";
import { readPrompt as readResponses } from "../../src/protocols/openai-responses/read-prompt.ts";
import { malformed, readingRequest } from "../../src/protocols/request-faults.ts";
import { JsonTextError } from "../../src/wire/json-scan.ts";

const reading = {
  anthropic: (body: string) => readMessages(body),
  gemini: (body: string) => readGemini(body, "/v1beta/models/gemini-3-flash:generateContent"),
  chat: (body: string) => readChat(Buffer.from(body)),
  responses: (body: string) => readResponses(body),
};

describe("what is wrong with a request", () => {
  it.each([
    ["anthropic", '{"messages":[{"role":"user","content":"日本"},{"role":tru}]}'],
    ["anthropic", '{"messages":[],"system":[{"text":tru}]}'],
    ["anthropic", '{"messages":[],"tools":[{"name":tru}]}'],
    ["anthropic", '{"messages":[],"metadata":{"a":tru}}'],
    ["gemini", '{"contents":[{"parts":[{"text":"日本"}]},{"parts":[{"text":tru}]}]}'],
    ["gemini", '{"contents":[],"tools":[{"a":tru}]}'],
    ["gemini", '{"contents":[],"systemInstruction":{"parts":[{"text":tru}]}}'],
    ["gemini", '{"contents":[],"labels":{"a":tru}}'],
    ["chat", '{"messages":[{"role":"user","content":"日本"}],"tools":[{"type":tru}]}'],
    ["chat", '{"messages":[{"role":"user","content":"日本"},{"role":tru}]}'],
    ["responses", '{"input":[{"role":"user","content":"日本"},{"role":tru}]}'],
    ["responses", '{"input":"a","tools":[{"type":tru}]}'],
    ["responses", '{"input":"a","tools":{"type":tru}}'],
  ] as const)("tells the caller of %s where it stands in the body: %s", (protocol, body) => {
    const sentence = `The request body is not valid JSON. Expected a value at position ${body.lastIndexOf("tru")}, found "t".`;
    expect(() => reading[protocol](body)).toThrow(
      expect.objectContaining({ code: "request_malformed", message: sentence }) as Error,
    );
  });

  it("is told as it was found where the body is JSON, but not the one that it should be", () => {
    const found = new JsonTextError("an array", "{}", 0);
    const fail = (): never => {
      throw found;
    };
    expect(() => readingRequest("{}", fail)).toThrow(
      malformed(`The request body is not valid JSON. ${found.message}`),
    );
  });

  it("is nothing that failed for another reason", () => {
    const fault = new TypeError("a mistake of ours");
    expect(() =>
      readingRequest("{", () => {
        throw fault;
      }),
    ).toThrow(fault);
  });
});
