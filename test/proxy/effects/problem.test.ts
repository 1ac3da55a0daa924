import { describe, expect, it } from "vitest";
import { errorStatus, LongstopError, type ErrorCode } from "../../../src/exchange/error.ts";
import { problem } from "../../../src/proxy/effects/problem.ts";

const bodyOf = (error: LongstopError): Record<string, unknown> =>
  JSON.parse(problem(error, "exchange-1").body) as Record<string, unknown>;

describe("an error for the caller of a tool", () => {
  it("is a problem as RFC 9457 has it, with our code, its details and the request id", () => {
    const error = new LongstopError("outcome_unknown", "Nobody knows.", { detail: { operation: "op-1" } });
    const { status, headers } = problem(error, "exchange-1");
    expect(status).toBe(400);
    expect(headers).toEqual({ "content-type": "application/problem+json", "x-should-retry": "false" });
    expect(bodyOf(error)).toEqual({
      type: "urn:longstop:outcome_unknown",
      title: "outcome unknown",
      status: 400,
      detail: "Nobody knows.",
      code: "outcome_unknown",
      request_id: "exchange-1",
      operation: "op-1",
      error: { code: "outcome_unknown", message: "Nobody knows." },
    });
  });

  it("keeps the members of the standard to itself, whatever a detail is called", () => {
    const detail = { status: 200, detail: "fine", type: "x", code: "y", request_id: "z", error: null };
    expect(bodyOf(new LongstopError("internal", "Broken.", { detail }))).toMatchObject({
      status: 500,
      detail: "Broken.",
      type: "urn:longstop:internal",
      code: "internal",
      request_id: "exchange-1",
      error: { code: "internal", message: "Broken." },
    });
  });

  it("asks for a retry only where one is right: nothing was sent, or a retry can attach", () => {
    for (const code of Object.keys(errorStatus) as ErrorCode[]) {
      const { headers } = problem(new LongstopError(code, "x"), "1");
      expect([code, headers["x-should-retry"]]).toEqual([
        code,
        String([429, 503, 504].includes(errorStatus[code])),
      ]);
    }
    const running = new LongstopError("upstream_timeout", "x", { status: 504, retryAfterSeconds: 5 });
    expect(problem(running, "1").headers).toMatchObject({ "x-should-retry": "true", "retry-after": "5" });
  });

  it("never shows the cause", () => {
    const { body } = problem(new LongstopError("internal", "Broken.", { cause: new Error("secret") }), "1");
    expect(body).not.toContain("secret");
  });
});
