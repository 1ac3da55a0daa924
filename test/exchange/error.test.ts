import { describe, expect, it } from "vitest";
import { errorStatus, LongstopError, type ErrorCode } from "../../src/exchange/error.ts";

describe("an error", () => {
  it("has a status that no client retries, unless repeating it is harmless or nothing was sent", () => {
    const neverRetried = new Set([400, 402, 403, 404, 413]);
    const mayBeRetried = Object.entries(errorStatus)
      .filter(([, status]) => !neverRetried.has(status))
      .map(([code]) => code);
    expect(mayBeRetried.toSorted()).toEqual([
      "concurrent_too_many",
      "internal",
      "key_disabled",
      "key_expired",
      "key_missing",
      "key_reused",
      "key_unknown",
      "ledger_down",
      "ledger_unconfirmed",
      "requests_too_many",
      "shutting_down",
      "upstream_cut",
      "upstream_encoding",
      "upstream_unreachable",
      "upstream_unreadable",
    ]);
  });

  it.each([
    "outcome_unknown",
    "answer_incomplete",
    "answer_expired",
    "operation_abandoned",
    "call_refused",
  ] as const)("%s never invites a retry", (code: ErrorCode) => {
    const error = new LongstopError(code, "A sentence.");
    expect(error.status).toBe(400);
    expect(error.retryable).toBe(false);
  });

  it("tells a caller nothing about what is not ours, and keeps the cause for the log", () => {
    const thrown = new TypeError("secret internals");
    const error = LongstopError.from(thrown);
    expect(error.code).toBe("internal");
    expect(error.message).not.toContain("secret");
    expect(error.cause).toBe(thrown);
    expect(LongstopError.from(error)).toBe(error);
  });

  it("may have another status of its own, and is retryable only at 429, 503 and 504", () => {
    expect(new LongstopError("upstream_timeout", "x").retryable).toBe(false);
    expect(new LongstopError("upstream_timeout", "x", { status: 504 }).retryable).toBe(true);
    expect(new LongstopError("ledger_down", "x").retryable).toBe(true);
    expect(new LongstopError("requests_too_many", "x").retryable).toBe(true);
    expect(new LongstopError("key_unknown", "x").retryable).toBe(false);
    expect(new LongstopError("upstream_cut", "x").retryable).toBe(false);
  });

  it("is retryable at any status where it says so itself", () => {
    expect(new LongstopError("upstream_cut", "x", { retryable: true }).retryable).toBe(true);
    expect(new LongstopError("ledger_down", "x", { retryable: false }).retryable).toBe(false);
  });
});
