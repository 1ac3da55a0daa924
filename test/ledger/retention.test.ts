import { expect, it } from "vitest";
import { retentionOf } from "../../src/ledger/retention.ts";

const dayMs = 86_400_000;

it("keeps bodies a week and tombstones longer, unless it is told otherwise", () => {
  expect(retentionOf({})).toEqual({ retentionMs: 7 * dayMs, tombstoneMs: 90 * dayMs });
  expect(retentionOf({ retentionDays: 0.5, tombstoneDays: 3 })).toEqual({
    retentionMs: dayMs / 2,
    tombstoneMs: 3 * dayMs,
  });
});

it("forgets no operation before its body", () => {
  expect(retentionOf({ retentionDays: 100 }).tombstoneMs).toBe(100 * dayMs);
});
