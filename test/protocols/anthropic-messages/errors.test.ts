import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { errorFrame, refuse } from "../../../src/protocols/anthropic-messages/errors.ts";

describe("wording an error", () => {
  it("carries sentence, code and detail where the SDK shows them", () => {
    const error = new LongstopError("call_refused", "The call was refused.", {
      detail: { faults: ["a"], error_code: "not this" },
    });
    const { status, headers, body } = refuse(error, "req_1");
    expect(status).toBe(400);
    expect(headers).toEqual({
      "content-type": "application/json",
      "request-id": "req_1",
      "x-should-retry": "false",
    });
    expect(JSON.parse(body)).toEqual({
      type: "error",
      error: {
        type: "invalid_request_error",
        message: "The call was refused.",
        details: { faults: ["a"], error_code: "call_refused" },
      },
      request_id: "req_1",
    });
  });

  it("allows a retry only where it is safe, and says when", () => {
    const down = new LongstopError("ledger_down", "Not now.", { retryAfterSeconds: 5 });
    expect(refuse(down, "r").headers).toEqual({
      "content-type": "application/json",
      "request-id": "r",
      "retry-after": "5",
    });
    expect(refuse(new LongstopError("upstream_cut", "Cut."), "r").headers["x-should-retry"]).toBe("false");
  });

  it.each([
    ["route_unknown", {}, "not_found_error"],
    ["call_refused_by_policy", {}, "permission_error"],
    ["request_too_large", {}, "request_too_large"],
    ["key_reused", {}, "invalid_request_error"],
    ["internal", {}, "api_error"],
    ["upstream_timeout", { status: 504 }, "timeout_error"],
  ] as const)("names the type of %s %j: %s", (code, options, type) => {
    expect(JSON.parse(refuse(new LongstopError(code, "x", options), "r").body).error.type).toBe(type);
  });

  it("ends a stream with the event that every client understands", () => {
    const frame = Buffer.from(errorFrame(new LongstopError("upstream_cut", "Cut.\nShort."))).toString();
    expect(frame).toMatch(/^event: error\ndata: \{"type":"error".*\}\n\n$/);
    expect(frame).toContain('"error_code":"upstream_cut"');
  });
});
