import { describe, expect, it } from "vitest";
import { deadlineExceeded, deadlineOver } from "../../../src/proxy/deadlines/deadline-error.ts";

const limits = { totalMs: 27_000, headersMs: 590_000, silenceMs: 4_500 };

describe("what a client is told when its time is over", () => {
  it("is 504 where a retry gets the answer, and to come soon", () => {
    const error = deadlineExceeded("total", limits, "goes-on");
    expect(error).toMatchObject({ code: "deadline_exceeded", status: 504, retryable: true });
    expect(error.retryAfterSeconds).toBe(1);
    expect(error.message).toBe(
      "The answer was not whole within 27 s, which is as long as this client can be let wait. The work goes " +
        "on, and a retry gets it.",
    );
  });

  it("is 400, which nobody retries, where the work ends", () => {
    const error = deadlineExceeded("headers", limits, "ends");
    expect(error).toMatchObject({ status: 400, retryable: false, retryAfterSeconds: undefined });
    expect(error.message).toContain("had not begun within 590 s");
    expect(error.detail).toEqual({ limit: "headers", seconds: 590 });
  });

  it("is 503 where nothing was sent, so that sending it again is safe", () => {
    const error = deadlineExceeded("silence", limits, "unsent");
    expect(error).toMatchObject({ status: 503, retryable: true });
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(error.message).toContain("No piece of the answer came for 4.5 s");
  });

  it("is no reason for a retry where the instant that it names is over", () => {
    expect(deadlineOver()).toMatchObject({ code: "deadline_exceeded", status: 400, retryable: false });
  });
});
