import { describe, expect, it } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import { errorBody, refuse } from "../../src/protocols/openai-errors.ts";

describe("wording an error", () => {
  it("has the form of OpenAI's errors, with more for programs", () => {
    const faults = [{ pointer: "/city" }];
    expect(errorBody(new LongstopError("call_refused", "Refused.", { detail: { faults } }))).toEqual({
      faults,
      message: "Refused.",
      type: "invalid_request_error",
      param: null,
      code: "call_refused",
    });
  });

  it("does not let details speak in place of the sentence and the code", () => {
    const detail = { message: "other", code: "other" };
    expect(errorBody(new LongstopError("internal", "Ours.", { detail }))).toMatchObject({
      message: "Ours.",
      code: "internal",
      type: "server_error",
    });
  });

  it("forbids asking again wherever that cannot help", () => {
    const { status, headers, body } = refuse(new LongstopError("upstream_cut", "Cut."), "req_1");
    expect(status).toBe(502);
    expect(headers).toEqual({
      "content-type": "application/json; charset=utf-8",
      "x-request-id": "req_1",
      "x-should-retry": "false",
    });
    expect(JSON.parse(body)).toMatchObject({ error: { message: "Cut." } });
  });

  it("allows asking again where nothing was sent", () => {
    const error = new LongstopError("shutting_down", "Later.", { retryAfterSeconds: 2 });
    expect(refuse(error, "req_1").headers).toEqual({
      "content-type": "application/json; charset=utf-8",
      "x-request-id": "req_1",
      "retry-after": "2",
    });
  });
});
