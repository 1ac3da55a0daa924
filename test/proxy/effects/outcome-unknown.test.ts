import { describe, expect, it } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { outcomeUnknown } from "../../../src/proxy/effects/outcome-unknown.ts";
import { sentHash } from "../../../src/proxy/effects/second-dispatch.ts";
import { termsOf } from "../../../src/proxy/effects/terms.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import type { SaidTerms } from "../../../src/proxy/settings.ts";
import { toolOf } from "../support/engine-settings.ts";

const body = Buffer.from('{"a":1}');
const keyed = { keyed: true, keyRetentionSeconds: 3600 };

/** The error about an operation whose key began at 0 and that was sent with `body`, `nowMs` later. */
function said(terms: SaidTerms, nowMs = 0, sent: Uint8Array = body) {
  const tool = toolOf("pay", "https://pay.test", { rules: [{ ...terms, path: "/**" }] });
  const exchange = {
    engine: { clock: { now: () => nowMs } },
    terms: termsOf(tool, "POST", "/charges"),
  } as unknown as ToolExchange;
  const record = {
    id: "op-1",
    keyAtMs: 0,
    reason: "the line was cut.",
    sent: null,
  } as unknown as ClaimRecord;
  const hash = (bytes: Uint8Array): string => sentHash("/charges?a=1", "application/json", bytes);
  return outcomeUnknown(exchange, { ...record, sent: hash(sent) }, hash(body), 502);
}

describe("an unknown outcome", () => {
  it("names the operation and why, and is retried by no client", () => {
    const error = said({});
    expect(error).toMatchObject({ code: "outcome_unknown", status: 400, retryable: false });
    expect(error.detail).toEqual({ operation: "op-1", upstreamStatus: 502 });
    expect(error.message).toBe(
      "The outcome of this operation is unknown: the line was cut. It may have been executed. " +
        "Do not call again: operation op-1 is recorded for review.",
    );
  });

  it("says that calling again is right only where that is dispatched and has no second effect", () => {
    for (const terms of [keyed, { idempotent: true }]) {
      const error = said(terms);
      expect(error.detail).toMatchObject({ sentAgain: true });
      expect(error.message).toContain("An equal call is sent again and cannot have a second effect");
    }
    expect(said(keyed, 3_539_999).detail).toMatchObject({ sentAgain: true });
    for (const error of [
      said({}),
      said({ keyed: true }),
      said(keyed, 3_540_000),
      said(keyed, 0, Buffer.from("{}")),
    ]) {
      expect(error.detail?.["sentAgain"]).toBeUndefined();
      expect(error.message).toContain("Do not call again");
    }
  });
});
