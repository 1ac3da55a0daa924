import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { put } from "../../../src/ledger/sqlite/blobs.ts";
import { claim } from "../../../src/ledger/sqlite/claims.ts";
import { LongstopError } from "../../../src/exchange/error.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { mebibytes } from "../../../src/ledger/sqlite/room.ts";
import { settle } from "../../../src/ledger/sqlite/settling.ts";
import { runVerb } from "../../../src/ledger/sqlite/verbs.ts";
import { whole } from "../../conformance/ledger/requests.ts";
import { claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

const mebi = 1024 * 1024;

describe("the bound on the ledger's size", () => {
  let open: OpenStore;
  beforeEach(() => {
    open = storeUnderTest({ sizeBytesMax: mebi });
  });
  afterEach(() => open.close());

  function fill(): void {
    for (let each = 0; each < 1000; each += 1) {
      try {
        put(open.store, { tenant: "local", bytes: new Uint8Array(20_000).fill(each) }, 1000 + each);
      } catch (thrown) {
        if (thrown instanceof LongstopError && thrown.code === "ledger_down") return;
        throw thrown;
      }
    }
    throw new Error("it never got full");
  }

  it("refuses new claims, facts and blobs, and says how to free space", () => {
    fill();
    const refusal = /is full: 0\.\d MiB of ledger\.sizeBytesMax 1\.0 MiB, .*lower ledger\.retentionDays\.$/;
    expect(() => claim(open.store, claimAsk(), 1000)).toThrow(refusal);
    expect(() => put(open.store, { tenant: "local", bytes: Buffer.from("new") }, 1000)).toThrow(refusal);
    const facts = [{ tenant: "local", subject: "run:r", kind: "k", json: "1" }];
    expect(() => runVerb(open.store, "append", facts, 1000)).toThrow(refusal);
  });

  it("records no more turns while there is room for effects, and goes on once something was let go", () => {
    const turn = (key: string) => claimAsk({ kind: "turn", key });
    const record = (each: number): boolean => {
      const bytes = new Uint8Array(5000).fill(each % 256);
      put(open.store, { tenant: "local", bytes, address: `turn-${each}` }, 1000);
      open.store.room.anew();
      try {
        return claim(open.store, turn(`k${each}`), 1000).kind === "won";
      } catch {
        return false;
      }
    };
    for (let each = 0; each < 1000 && record(each); each += 1);
    const refusal = /records no more turns: it holds 0\.\d MiB .* kept for effects/;
    expect(() => claim(open.store, turn("other"), 1000)).toThrow(refusal);
    expect(claim(open.store, claimAsk({ key: "e" }), 1000).kind).toBe("won");
    open.store.connection.run("delete from blobs", {});
    open.store.room.anew();
    expect(claim(open.store, turn("another"), 1000).kind).toBe("won");
  });

  it("still ends what has begun, answers what is known, and audits what is resolved", () => {
    const asks = Array.from({ length: 50 }, (_, index) => claimAsk({ key: `k${index}` }));
    const records = asks.map((ask) => claim(open.store, ask, 1000).record);
    fill();
    const answer = { ...whole, headers: [["x-long", "x".repeat(2000)]] as const };
    for (const record of records) {
      settle(open.store, record, { state: "in-doubt" }, 1000);
      expect(settle(open.store, record, { state: "resolved-done", answer }, 1000).applied).toBe(true);
    }
    expect(claim(open.store, claimAsk({ key: "k1", attempt: "b" }), 1000).kind).toBe("met");
  });

  it("refuses to claim a free record again: that is new work", () => {
    const { record } = claim(open.store, claimAsk(), 1000);
    settle(open.store, record, { state: "declined" }, 1000);
    fill();
    expect(() => claim(open.store, claimAsk(), 1000)).toThrow("is full");
    expect(open.store.connection.one("select state from claims")).toEqual({ state: "declined" });
  });

  it("takes new work again once a sweep freed pages, though the file stays as large", () => {
    fill();
    runVerb(open.store, "sweep", null, 1000 + 8 * 24 * 60 * 60 * 1000);
    expect(claim(open.store, claimAsk(), 1000).kind).toBe("won");
    expect(open.store.room.usedBytes()).toBeLessThan(mebi / 2);
  });

  it("is SQLite's own bound as well, with the reserve below it", () => {
    expect(open.store.connection.pragma("max_page_count")).toBe(mebi / 4096);
    fill();
    expect(open.store.room.usedBytes()).toBeLessThan(0.6 * mebi);
  });
});

it("writes sizes for people", () => {
  expect(mebibytes(1.5 * mebi)).toBe("1.5 MiB");
});
