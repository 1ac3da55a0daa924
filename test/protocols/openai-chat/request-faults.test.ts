import { describe, expect, it } from "vitest";
import { RequestLayout } from "../../../src/protocols/openai-chat/layout.ts";
import { readingRequest } from "../../../src/protocols/openai-chat/request-faults.ts";

describe("what is wrong with a request", () => {
  it("tells the caller what is wrong with the JSON, and where", () => {
    expect(() => readingRequest(() => new RequestLayout('{"a":}'))).toThrow(
      'The request body is not valid JSON. Expected a value at position 5, found "}".',
    );
    expect(() => readingRequest(() => new RequestLayout("[]"))).toThrow("not a JSON object");
  });

  it("leaves failures of another kind as they are", () => {
    const fault = new TypeError("a mistake of ours");
    expect(() =>
      readingRequest(() => {
        throw fault;
      }),
    ).toThrow(fault);
  });
});
