import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { put } from "../../../src/ledger/sqlite/blobs.ts";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import { append, type FactAsk } from "../../../src/ledger/sqlite/facts.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { recordById } from "../../../src/ledger/sqlite/records.ts";
import { settle } from "../../../src/ledger/sqlite/settling.ts";
import { sweep } from "../../../src/ledger/sqlite/sweep.ts";
import { whole } from "../../conformance/ledger/requests.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

const dayMs = 24 * 60 * 60 * 1000;

function about(subject: string): FactAsk {
  return { tenant: "local", subject, kind: "k", json: "1" };
}

describe("a sweep", () => {
  let open: OpenStore;
  beforeEach(() => {
    open = storeUnderTest({ retentionDays: 7, tombstoneDays: 90 });
  });
  afterEach(() => open.close());

  const count = (table: string): number => open.store.connection.number(`select count(*) from ${table}`);

  it("takes the body after days, and the record only after months", () => {
    const hash = put(open.store, { tenant: "local", bytes: Buffer.from("body") }, 0);
    const { record } = claim(open.store, claimAsk({ clientKey: "ck" }), 0);
    settle(open.store, record, { state: "done", answer: { ...whole, body: [hash] } }, 0);

    expect(sweep(open.store, 7 * dayMs)).toMatchObject({ expired: 0 });
    expect(sweep(open.store, 7 * dayMs + 1)).toMatchObject({ expired: 1, more: false });
    expect(count("blobs")).toBe(0);
    expect(recordById(open.store.connection, record.id)).toMatchObject({
      state: "done",
      answer: { status: 200, body: [hash] },
    });
    expect(claim(open.store, claimAsk({ attempt: "b" }), 8 * dayMs)).toMatchObject({ kind: "met" });

    expect(sweep(open.store, 90 * dayMs + 1)).toMatchObject({ expired: 1 });
    expect([count("claims"), count("client_keys"), count("counters")]).toEqual([0, 0, 0]);
  });

  it("never forgets what runs or is in doubt, however old", () => {
    const doubtful = claim(open.store, claimAsk({ key: "doubt" }), 0).record;
    settle(open.store, doubtful, { state: "in-doubt" }, 0);
    const running = claim(open.store, claimAsk({ key: "runs", leaseMs: 1000 * dayMs }), 0).record;
    expect(sweep(open.store, 900 * dayMs)).toEqual({ ended: [], expired: 0, more: false });
    expect(recordById(open.store.connection, doubtful.id)?.state).toBe("in-doubt");
    expect(recordById(open.store.connection, running.id)?.state).toBe("intent");
  });

  it("goes on counting while a record of the key is left", () => {
    const anonymous = { run: null };
    const [first, second] = [0, 50 * dayMs].map((nowMs) => {
      const { record } = claim(open.store, claimAsk(anonymous), nowMs);
      return settle(open.store, record, { state: "done" }, nowMs).record;
    });
    sweep(open.store, 91 * dayMs);
    expect(recordById(open.store.connection, first?.id ?? "")).toBeNull();
    expect(claim(open.store, claimAsk(anonymous), 91 * dayMs)).toMatchObject({
      kind: "won",
      newest: { id: second?.id },
      record: { occurrence: 3 },
    });
  });

  it("takes a subject's facts together, once the newest of them is old", () => {
    append(open.store, [about("conversation:old"), about("conversation:alive")], 0);
    append(open.store, [about("conversation:alive")], 5 * dayMs);
    append(open.store, [about("tenant")], 0);
    expect(sweep(open.store, 8 * dayMs)).toMatchObject({ expired: 1 });
    expect(count("facts where subject = 'conversation:alive'")).toBe(2);
    expect(sweep(open.store, 13 * dayMs)).toMatchObject({ expired: 2 });
    expect(count("facts where subject = 'tenant'")).toBe(1);
  });

  it("takes what is only told by its own age, while its run goes on", () => {
    append(open.store, [about("run:alive"), { ...about("run:alive"), kind: "verdict" }], 0);
    append(open.store, [about("run:alive"), { ...about("run:alive"), kind: "verdict" }], 5 * dayMs);
    expect(sweep(open.store, 8 * dayMs)).toMatchObject({ expired: 1 });
    expect(count("facts where kind = 'verdict'")).toBe(1);
    expect(count("facts where kind = 'k'")).toBe(2);
  });

  it("keeps how a doubt was resolved as long as the operation, then both leave", () => {
    const { record } = claim(open.store, claimAsk(), 0);
    settle(open.store, record, { state: "in-doubt" }, 0);
    settle(open.store, record, { state: "abandoned", reason: "ann" }, 0);
    sweep(open.store, 80 * dayMs);
    expect(count("facts")).toBe(1);
    sweep(open.store, 91 * dayMs);
    expect([count("facts"), count("claims")]).toEqual([0, 0]);
  });

  it("goes in steps, so that nothing waits long behind it", () => {
    for (let each = 0; each < 250; each += 1)
      put(open.store, { tenant: "local", bytes: Buffer.from(`${each}`) }, 0);
    const steps = [1, 2, 3].map(() => sweep(open.store, 8 * dayMs));
    expect(steps.map((step) => [step.expired, step.more])).toEqual([
      [100, true],
      [100, true],
      [50, false],
    ]);
  });
});
