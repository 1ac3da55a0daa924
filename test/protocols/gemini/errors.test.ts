import { describe, expect, it } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { errorBody, refuse } from "../../../src/protocols/gemini/errors.ts";

describe("an error in Google's words", () => {
  it("has the status, its name, the sentence, and what a program needs in its details", () => {
    const error = new LongstopError("call_refused", "No.", {
      detail: { operation: "op_1", calls: [{ tool: "f" }] },
    });
    expect(errorBody(error)).toEqual({
      error: {
        code: 400,
        message: "No.",
        status: "INVALID_ARGUMENT",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "CALL_REFUSED",
            domain: "longstop",
            metadata: { operation: "op_1", calls: '[{"tool":"f"}]', code: "call_refused" },
          },
        ],
      },
    });
  });

  it.each([
    ["route_unknown", 404, "NOT_FOUND"],
    ["ledger_down", 503, "UNAVAILABLE"],
    ["call_refused_by_policy", 403, "PERMISSION_DENIED"],
    ["internal", 500, "INTERNAL"],
    ["upstream_cut", 502, "UNAVAILABLE"],
  ] as const)("names the status of %s", (code, status, name) => {
    expect(errorBody(new LongstopError(code, "x"))).toMatchObject({ error: { code: status, status: name } });
  });

  it("says when to come back, in the body as in the headers", () => {
    const { headers, body } = refuse(
      new LongstopError("ledger_down", "x", { retryAfterSeconds: 7 }),
      "req_1",
    );
    expect(headers).toMatchObject({ "retry-after": "7", "x-request-id": "req_1" });
    expect(body).toContain('"retryDelay":"7s"');
  });
});
