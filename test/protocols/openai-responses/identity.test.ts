import { describe, expect, it } from "vitest";
import { identity } from "../../../src/protocols/openai-responses/identity.ts";
import { readPrompt } from "../../../src/protocols/openai-responses/read-prompt.ts";

const identityOf = (body: string) => identity(readPrompt(body, "/v1/responses"));

describe("the identity of a turn", () => {
  it("is everything but how the answer is to be streamed", () => {
    const options = '"stream":true,"stream_options":{"include_obfuscation":false}';
    expect(identityOf(`{"tools":[ ],"input":[ {"role":"user","content":"Hi"} ],${options}}`)).toEqual({
      path: "/v1/responses",
      parameters: [["tools", "[ ]"]],
      messages: ['{"role":"user","content":"Hi"}'],
    });
  });

  it("has a text as its only message, and none where nothing is said", () => {
    expect(identityOf('{"model":"m","input": "H\\u0069" }').messages).toEqual(['"H\\u0069"']);
    expect(identityOf('{"model":"m","previous_response_id":"resp_1"}').messages).toEqual([]);
  });
});
