import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { recordById } from "../../../src/ledger/sqlite/records.ts";
import { endRunning } from "../../../src/ledger/sqlite/settling.ts";
import { endedRecord, shortClaimed, wholeClaimed } from "../../../src/ledger/sqlite/short.ts";
import type { Settlement } from "../../../src/ledger/ledger.ts";
import { whole } from "../../conformance/ledger/requests.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("what a claim gave, said short", () => {
  let open: OpenStore;
  beforeEach(() => {
    open = storeUnderTest();
  });
  afterEach(() => open.close());

  it("is the whole of it again for whoever asked", () => {
    const ask = claimAsk({ run: null, clientKey: "c" });
    const claimed = claim(open.store, ask, 1000);
    const short = throughJson(shortClaimed(ask, claimed));
    expect(short).toEqual({ kind: "made", key: "pay", occurrence: 1, atMs: 1000, newest: null });
    expect(wholeClaimed(ask, short)).toEqual(claimed);
    expect(wholeClaimed(ask, short).record).toEqual(recordById(open.store.connection, ask.id));
  });

  it("says which record was the newest before", () => {
    const first = claim(open.store, claimAsk({ run: null }), 1000);
    const ask = claimAsk({ run: null });
    const claimed = claim(open.store, ask, 1001);
    expect(wholeClaimed(ask, throughJson(shortClaimed(ask, claimed)))).toEqual(claimed);
    expect(claimed).toMatchObject({ newest: { id: first.record.id } });
  });

  it("is not said short of a record that was there", () => {
    const reuse = { running: true, undelivered: true, deliveredWithinMs: 0 };
    claim(open.store, claimAsk(), 1000);
    const ask = claimAsk({ reuse });
    const met = claim(open.store, ask, 1000);
    expect(met.kind).toBe("met");
    expect(shortClaimed(ask, met)).toBe(met);
    expect(wholeClaimed(ask, met)).toBe(met);
  });

  it.each<Settlement>([
    { state: "done", answer: whole },
    { state: "declined", answer: { ...whole, status: 422 } },
    { state: "in-doubt", reason: "It broke." },
  ])("gives the record as it ended: $state", (settlement) => {
    const { record } = claim(open.store, claimAsk(), 1000);
    const ended = endRunning(open.store, record, settlement, 2000);
    expect(ended).not.toBeNull();
    expect(ended && endedRecord(record, settlement, throughJson(ended))).toEqual(
      recordById(open.store.connection, record.id),
    );
  });
});
