import { describe, expect, it } from "vitest";
import type { LongstopError } from "../../../src/exchange/error.ts";
import type { Claimed, Ledger } from "../../../src/ledger/ledger.ts";
import { effect, whole } from "../../conformance/ledger/requests.ts";
import { asSuperuser } from "./server.ts";
import { postgresUnderTest, type PostgresUnderTest } from "./under-test.ts";

const attach = { running: true, undelivered: true, deliveredWithinMs: 0 };

/** Terminates a backend of the schema's ledgers now and then; gives how many there were. */
async function terminateSome({ server, schema }: PostgresUnderTest, signal: AbortSignal): Promise<number> {
  let terminated = 0;
  while (!signal.aborted) {
    const { rowCount } = await asSuperuser(
      server,
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'longstop' and query like '%${schema}%' order by random() limit 1`,
    );
    terminated += rowCount ?? 0;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return terminated;
}

/** 20 claimers at each of 40 keys, in turn at three gateways: by a number, counted, and with a client's key. */
function claimMany(ledgers: readonly Ledger[]): Promise<PromiseSettledResult<Claimed>[]> {
  const asked = Array.from({ length: 800 }, (_, each) => {
    const [key, index] = [each % 40, each % ledgers.length];
    const occurrence = key % 2 === 0 ? 1 : "next";
    const clientKey = key % 4 === 1 ? `client key ${key}` : null;
    const change = { key: `key ${key}`, occurrence, clientKey, reuse: attach, owner: `${index}` } as const;
    return (ledgers[index] as Ledger).claim(effect(change));
  });
  return Promise.allSettled(asked);
}

describe("several gateways on one database", () => {
  it("have one winner for each key", async () => {
    const store = await postgresUnderTest();
    const ledgers = [store.ledger, await store.another(), await store.another()];
    const claimed = (await claimMany(ledgers)).map((each) =>
      each.status === "fulfilled" ? each.value : null,
    );
    expect(claimed.filter((each) => each?.kind === "won")).toHaveLength(40);
    expect(new Set(claimed.map((each) => each?.record.nonce)).size).toBe(40);
    for (const ledger of ledgers.slice(1)) await ledger.close();
    await store.close();
  });

  it(
    "have one winner for each key, or none, while backends are terminated",
    { timeout: 60_000 },
    async () => {
      const store = await postgresUnderTest();
      const ledgers = [store.ledger, await store.another(), await store.another()];
      const chaos = new AbortController();
      const terminating = terminateSome(store, chaos.signal);
      const claimed = await claimMany(ledgers);
      chaos.abort();
      expect(await terminating).toBeGreaterThan(3);

      // A connection that breaks again and again ends in ledger_down: then nothing was won.
      const failed = claimed.filter((each) => each.status === "rejected");
      expect(failed.every(({ reason }) => (reason as LongstopError).code === "ledger_down")).toBe(true);
      for (const ledger of ledgers) await ledger.sweep();
      const winners = claimed.flatMap((each) =>
        each.status === "fulfilled" && each.value.kind === "won" ? [each.value.record] : [],
      );
      const records = await store.ledger.listClaims({ limit: 1000 });
      expect(new Set(records.map(({ key }) => key)).size).toBe(records.length);
      // Who won, runs; what nobody won, is free again. A claim that was taken back may be won by another.
      const running = records.filter(({ state }) => state === "intent").map(({ nonce }) => nonce);
      expect(winners.map(({ nonce }) => nonce).toSorted()).toEqual(running.toSorted());
      const others = records.filter(({ state }) => state !== "intent").map(({ state }) => state);
      expect(new Set([...others, "not-sent"]).size).toBe(1);
      for (const ledger of ledgers.slice(1)) await ledger.close();
      await store.close();
    },
  );

  it("count the calls of one attempt together, wherever they come in", async () => {
    const store = await postgresUnderTest();
    const other = await store.another();
    const asked = Array.from({ length: 30 }, (_, each) => (each % 2 === 0 ? store.ledger : other));
    const claimed = await Promise.all(asked.map((ledger) => ledger.claim(effect())));
    const places = claimed.map(({ record }) => record.occurrence).sort((a, b) => a - b);
    expect(places).toEqual(Array.from({ length: 30 }, (_, each) => each + 1));
    await other.close();
    await store.close();
  });

  it("wait for each other's calls, and doubt nobody's before the lease runs out", async () => {
    const store = await postgresUnderTest();
    const other = await store.another();
    const { record } = await store.ledger.claim(effect());
    const waiting = other.wait(record.id, 600_000);
    await other.sweep();
    expect((await other.read(record.id))?.state).toBe("intent");
    await store.ledger.settle(record, { state: "done", answer: whole });
    expect(await waiting).toMatchObject({ state: "done", answer: whole });

    const left = await store.ledger.claim(effect({ key: "left" }));
    await store.advance(60_001);
    const swept = await Promise.all([store.ledger.sweep(), other.sweep()]);
    expect(swept.map(({ doubted }) => doubted).sort((a, b) => a - b)).toEqual([0, 1]);
    expect(await other.claim(effect({ key: "left" }))).toMatchObject({
      kind: "met",
      record: { id: left.record.id, state: "in-doubt" },
    });
    await other.close();
    await store.close();
  });

  it("show nobody a fact before an older one of the same subject", async () => {
    const store = await postgresUnderTest();
    const other = await store.another();
    const seen: number[][] = [];
    const over = new AbortController();
    const looking = (async () => {
      while (!over.signal.aborted) {
        seen.push((await other.facts("local", "run:r")).map(({ sequence }) => sequence));
      }
    })();
    const fact = { tenant: "local", subject: "run:r", kind: "k", value: "x".repeat(2000) };
    await Promise.all(
      Array.from({ length: 100 }, (_, each) => (each % 2 === 0 ? store.ledger : other).append([fact, fact])),
    );
    over.abort();
    await looking;
    // What was seen once is the beginning of all that was seen later.
    for (const [index, later] of seen.slice(1).entries()) {
      expect(later.slice(0, seen[index]?.length)).toEqual(seen[index]);
    }
    await other.close();
    await store.close();
  });
});
