import { describe, expect, it } from "vitest";
import { newRecord } from "../../../src/ledger/sqlite/records.ts";
import { Running } from "../../../src/ledger/sqlite/running.ts";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";

function recordOf(id: string): ClaimRecord {
  const ask = {
    id,
    nonce: `nonce of ${id}`,
    tenant: "local",
    kind: "effect" as const,
    key: "k",
    occurrence: 1,
    reuse: { running: false, undelivered: false, deliveredWithinMs: 0 },
    run: null,
    stage: null,
    attempt: null,
    fingerprint: "f",
    clientKey: null,
    clientKeyScope: "tool pay",
    detail: "{}",
    owner: "o",
    leaseMs: 1000,
  };
  return newRecord(ask, 1, 5);
}

describe("records that run", () => {
  it("are known by their fence", () => {
    const running = new Running();
    const record = recordOf("a");
    running.remember(record);
    expect(running.find({ id: "a", epoch: 2, nonce: record.nonce })).toBeNull();
    expect(running.has({ id: "a", epoch: 1, nonce: "another" })).toBe(false);
    expect(running.find(record)).toBe(record);
    expect(running.has(record)).toBe(true);
  });

  it("are forgotten where something else changed them", () => {
    const running = new Running();
    running.remember(recordOf("a"));
    running.forget("a");
    expect(running.find(recordOf("a"))).toBeNull();
  });

  it("are bounded: the oldest is forgotten", () => {
    const running = new Running();
    for (let n = 0; n <= 4096; n += 1) running.remember(recordOf(`${n}`));
    expect(running.find(recordOf("0"))).toBeNull();
    expect(running.find(recordOf("1"))).not.toBeNull();
  });
});
