import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { put } from "../../../src/ledger/postgres/blobs.ts";
import { claim } from "../../../src/ledger/postgres/claims.ts";
import { append, type FactAsk, lockName } from "../../../src/ledger/postgres/facts.ts";
import { recordsById } from "../../../src/ledger/postgres/records.ts";
import { settle } from "../../../src/ledger/postgres/settling.ts";
import { sweep, type Swept } from "../../../src/ledger/postgres/sweep.ts";
import { whole } from "../../conformance/ledger/requests.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

const dayMs = 24 * 60 * 60 * 1000;

function about(subject: string): FactAsk {
  return { tenant: "local", subject, kind: "k", json: "1" };
}

describe("a sweep of the PostgreSQL ledger", () => {
  let open: DatabaseUnderTest;
  let batches = 0;
  beforeEach(async () => {
    open = await databaseUnderTest({ retentionDays: 7, tombstoneDays: 90 });
  });
  afterEach(() => open.close());

  const swept = (): Promise<Swept> => sweep(open.database, open.limits);
  const appended = (...facts: readonly FactAsk[]): Promise<unknown> =>
    append(open.database.alone, facts, `batch ${(batches += 1)}`);
  const settled = (fence: ClaimRecord, state: "done" | "in-doubt" | "abandoned", body: string[] = []) =>
    settle(open.database, {
      fence,
      settlement: { state, ...(state === "done" ? { answer: { ...whole, body } } : {}) },
      nonce: `${fence.id} ${state}`,
    });

  it("takes the body after days, and the record only after months", async () => {
    const hash = await put(open.database.alone, "local", Buffer.from("body"));
    const { record } = await claim(open.database, claimAsk({ clientKey: "ck" }), false);
    await settled(record, "done", [hash]);
    await open.advance(7 * dayMs);
    expect(await swept()).toMatchObject({ expired: 0 });
    await open.advance(1);
    expect(await swept()).toMatchObject({ expired: 1, more: false });
    expect(await open.count("blobs")).toBe(0);
    expect(await claim(open.database, claimAsk({ attempt: "b" }), false)).toMatchObject({
      kind: "met",
      record: { id: record.id, answer: { body: [hash] } },
    });
    await open.advance(83 * dayMs);
    expect(await swept()).toMatchObject({ expired: 1 });
    const tables = ["claims", "client_keys", "counters"];
    expect(await Promise.all(tables.map((table) => open.count(table)))).toEqual([0, 0, 0]);
  });

  it("never forgets what runs or is in doubt, however old", async () => {
    const doubtful = (await claim(open.database, claimAsk({ key: "doubt" }), false)).record;
    await settled(doubtful, "in-doubt");
    const ask = claimAsk({ key: "runs", leaseMs: 1000 * dayMs });
    const running = (await claim(open.database, ask, false)).record;
    await open.advance(900 * dayMs);
    expect(await swept()).toEqual({ ended: [], expired: 0, more: false });
    const states = [doubtful, running].map(
      async ({ id }) => (await recordsById(open.database.alone, [id]))[0]?.state,
    );
    expect(await Promise.all(states)).toEqual(["in-doubt", "intent"]);
  });

  it("goes on counting while a record of the key is left", async () => {
    const ids: string[] = [];
    for (const waitMs of [50 * dayMs, 41 * dayMs]) {
      const { record } = await claim(open.database, claimAsk({ run: null }), false);
      ids.push((await settled(record, "done")).record.id);
      await open.advance(waitMs);
    }
    await swept();
    expect(await recordsById(open.database.alone, [ids[0] ?? ""])).toEqual([null]);
    expect(await claim(open.database, claimAsk({ run: null }), false)).toMatchObject({
      kind: "won",
      newest: { id: ids[1] },
      record: { occurrence: 3 },
    });
  });

  it("takes a subject's facts together, and leaves one that is just being added to", async () => {
    await appended(about("conversation:old"), about("conversation:alive"), about("tenant"));
    await open.advance(5 * dayMs);
    await appended(about("conversation:alive"));
    await open.advance(3 * dayMs);
    await open.database.transaction(async (queries) => {
      await queries.one("select pg_advisory_xact_lock(hashtextextended(:name, 0))", {
        name: lockName("local", "conversation:old"),
      });
      expect(await swept()).toMatchObject({ expired: 0 });
    });
    expect(await swept()).toMatchObject({ expired: 1 });
    expect(await open.count("facts where subject like '%alive'")).toBe(2);
    await open.advance(5 * dayMs);
    expect(await swept()).toMatchObject({ expired: 2 });
    expect(await open.count("facts where subject = 'tenant'")).toBe(1);
  });

  it("keeps how a doubt was resolved as long as the operation, then both leave", async () => {
    const { record } = await claim(open.database, claimAsk(), false);
    await settled(record, "in-doubt");
    await settled(record, "abandoned");
    await open.advance(80 * dayMs);
    await swept();
    expect(await open.count("facts")).toBe(1);
    await open.advance(11 * dayMs);
    await swept();
    expect(await Promise.all([open.count("facts"), open.count("claims")])).toEqual([0, 0]);
  });

  it("goes in steps, and several at once do each thing once", async () => {
    await open.database.alone.run(
      `insert into @blobs (tenant, hash, at_ms, bytes)
       select 'local', n::text, @now_ms(), '' from generate_series(1, 250) n`,
    );
    await open.advance(8 * dayMs);
    const [one, two] = await Promise.all([swept(), swept()]);
    const three = await swept();
    expect([one.expired + two.expired + three.expired, three.more]).toEqual([250, false]);
    expect(one.more || two.more).toBe(true);
  });
});
