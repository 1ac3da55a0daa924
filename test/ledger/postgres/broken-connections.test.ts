import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Claimed, ClaimRequest } from "../../../src/ledger/ledger.ts";
import { effect, whole, win } from "../../conformance/ledger/requests.ts";
import { type Break, type BreakingProxy, startBreakingProxy } from "./breaking-proxy.ts";
import { asSuperuser } from "./server.ts";
import { sharedServer } from "./shared-server.ts";
import { postgresUnderTest, type PostgresUnderTest } from "./under-test.ts";

/** More statements than any verb needs. */
const statementsMax = 20;

describe("a connection that breaks", () => {
  let proxy: BreakingProxy;
  let store: PostgresUnderTest;
  let tenant = 0;
  beforeAll(async () => {
    proxy = await startBreakingProxy(await sharedServer());
    store = await postgresUnderTest({ port: proxy.port });
  });
  afterAll(async () => {
    await store.close();
    await proxy.close();
  });

  /** Does a piece of work once for each of its statements, with the connection broken there. */
  async function brokenEverywhere(
    how: Break,
    prepare: (tenant: string) => Promise<() => Promise<unknown>>,
    check: (tenant: string, told: unknown) => Promise<void>,
  ): Promise<number> {
    for (let nth = 1; nth <= statementsMax; nth += 1) {
      tenant += 1;
      const name = `tenant ${tenant}`;
      const work = await prepare(name);
      proxy.plan(how, nth);
      const told = await work();
      const { isDone } = proxy;
      await check(name, told);
      if (!isDone) return nth - 1;
    }
    throw new Error("the work needs more statements than were thought possible");
  }

  const breaks = ["before", "after", "meanwhile", "terminate"] as const;

  const requests: readonly (readonly [string, Partial<ClaimRequest>])[] = [
    ["by a number", { occurrence: 1 }],
    ["that is counted", { occurrence: "next" }],
    ["under a client's key", { occurrence: "next", clientKey: "ck" }],
  ];
  const cases = breaks.flatMap((how) => requests.map(([which, change]) => ({ how, which, change })));

  it.each(cases)(
    "($how) makes no second winner of a claim $which, at any statement",
    async ({ how, change }) => {
      const broken = await brokenEverywhere(
        how,
        async (name) => () => store.ledger.claim(effect({ ...change, tenant: name })),
        async (name, told) => {
          const { kind, record } = told as Claimed;
          expect([kind, record.occurrence, record.epoch]).toEqual(["won", 1, 1]);
          // One record, and it is the winner's own; the next call is counted after it.
          expect(await store.ledger.listClaims({ tenant: name, limit: 10 })).toEqual([record]);
          const settled = await store.ledger.settle(record, { state: "done", answer: whole });
          expect(settled.applied).toBe(true);
          const again = await store.ledger.claim(effect({ tenant: name, reuse: effect().reuse }));
          expect(again.record.occurrence).toBe(change.occurrence === 1 ? 1 : 2);
        },
      );
      expect(broken).toBeGreaterThan(0);
    },
  );

  it.each(breaks)("(%s) gives a free record to one claimer, under one new epoch", async (how) => {
    await brokenEverywhere(
      how,
      async (name) => {
        const first = await win(store.ledger, { tenant: name });
        await store.ledger.settle(first, { state: "declined" });
        return () => store.ledger.claim(effect({ tenant: name }));
      },
      async (name, told) => {
        const { kind, record } = told as Claimed;
        expect([kind, record.epoch]).toEqual(["won", 2]);
        expect(await store.ledger.listClaims({ tenant: name, limit: 10 })).toEqual([record]);
      },
    );
  });

  it.each(breaks)("(%s) sends a doubt again once, where that is allowed", async (how) => {
    await brokenEverywhere(
      how,
      async (name) => {
        const first = await win(store.ledger, { tenant: name });
        await store.ledger.settle(first, { state: "in-doubt" });
        const redispatch = { withinMs: null, sameBytes: false };
        return () => store.ledger.claim(effect({ tenant: name, redispatch }));
      },
      async (name, told) => {
        const { kind, record } = told as Claimed;
        expect([kind, record.epoch, record.doubted]).toEqual(["won", 2, true]);
        expect(await store.ledger.listClaims({ tenant: name, limit: 10 })).toEqual([record]);
      },
    );
  });

  it.each(breaks)("(%s) ends a claim once, and says truly that it did", async (how) => {
    await brokenEverywhere(
      how,
      async (name) => {
        const record = await win(store.ledger, { tenant: name });
        return () => store.ledger.settle(record, { state: "done", answer: whole });
      },
      async (name, told) => {
        const [record] = await store.ledger.listClaims({ tenant: name, limit: 10 });
        expect(told).toEqual({ applied: true, record });
        expect(record).toMatchObject({ state: "done", answer: whole, lateAnswer: null });
      },
    );
  });

  it.each(breaks)("(%s) ends a doubt once, with one line in the audit", async (how) => {
    await brokenEverywhere(
      how,
      async (name) => {
        const record = await win(store.ledger, { tenant: name });
        await store.ledger.settle(record, { state: "in-doubt" });
        // A refusal that comes late: the record is in another state then than the settlement says.
        return () => store.ledger.settle(record, { state: "declined", answer: whole });
      },
      async (name, told) => {
        const [record] = await store.ledger.listClaims({ tenant: name, limit: 10 });
        expect(told).toEqual({ applied: true, record });
        expect(record).toMatchObject({ state: "resolved-not-done", lateAnswer: null });
        expect(await store.ledger.facts(name, `operation:${record?.id}`)).toHaveLength(1);
      },
    );
  });

  it.each(breaks)("(%s) appends facts once, and stores a blob", async (how) => {
    await brokenEverywhere(
      how,
      async (name) => () => {
        const facts = [1, 2].map((value) => ({ tenant: name, subject: "run:r", kind: "k", value }));
        return store.ledger.append(facts);
      },
      async (name, told) => {
        expect(await store.ledger.facts(name, "run:r")).toEqual(told);
        expect(told).toHaveLength(2);
      },
    );
    await brokenEverywhere(
      how,
      async (name) => () => store.ledger.put(name, Buffer.from("bytes")),
      async (name, told) => {
        expect(Buffer.from((await store.ledger.get(name, String(told))) ?? []).toString()).toBe("bytes");
      },
    );
  });

  it.each(breaks)("(%s) loses no lease, no delivery mark and no sweep", async (how) => {
    await brokenEverywhere(
      how,
      async (name) => {
        const ended = await win(store.ledger, { tenant: name });
        await store.ledger.settle(ended, { state: "done", answer: whole });
        const held = await win(store.ledger, { tenant: name, key: "held" });
        const dying = await win(store.ledger, { tenant: name, key: "dying", leaseMs: 10 });
        await store.advance(20);
        return async () => {
          await store.ledger.markDelivered(ended.id);
          await store.ledger.sweep();
          return [await store.ledger.renew(held, 60_000), await store.ledger.read(ended.id), dying.id];
        };
      },
      async (_name, told) => {
        const [renewed, delivered, dying] = told as [boolean, { delivered: boolean }, string];
        expect([renewed, delivered.delivered]).toEqual([true, true]);
        expect((await store.ledger.read(dying))?.state).toBe("in-doubt");
      },
    );
  });

  it("takes back a claim of which nobody learned that it was won", async () => {
    const { ledger } = store;
    const [kept, claim] = [effect({ tenant: "kept" }), effect({ tenant: "unclear" })];
    const running = await win(ledger, kept);
    proxy.plan("after", 1, /^COMMIT/, true);
    await expect(ledger.claim(claim)).rejects.toMatchObject({ code: "ledger_down", status: 503 });
    expect(proxy.isDone).toBe(true);
    const isWon = `select state from ${store.schema}.claims where tenant = 'unclear'`;
    expect((await asSuperuser(store.server, isWon)).rows).toEqual([{ state: "intent" }]);

    proxy.isShut = false;
    await expect
      .poll(() =>
        ledger.sweep().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    // Nothing was sent, so nothing is in doubt, now or when the lease would have run out.
    const [record] = await ledger.listClaims({ tenant: "unclear", limit: 10 });
    expect(record).toMatchObject({ state: "not-sent", reason: expect.stringMatching(/Nothing was sent/) });
    expect((await ledger.read(running.id))?.state).toBe("intent");
    expect(await win(ledger, claim)).toMatchObject({ id: record?.id, epoch: 2 });
  });

  it("is ledger_down at once where no connection is had, and well again by itself", async () => {
    const { ledger } = store;
    proxy.isShut = true;
    proxy.cut();
    const begun = performance.now();
    const asked = Array.from({ length: 200 }, () => ledger.claim(effect({ tenant: "down" })));
    for (const claim of await Promise.allSettled(asked)) {
      expect(claim).toMatchObject({ reason: { code: "ledger_down", status: 503, retryAfterSeconds: 5 } });
    }
    expect(performance.now() - begun).toBeLessThan(5000);
    const { ok, detail } = await ledger.health();
    expect([ok, detail]).toEqual([false, expect.stringMatching(/cannot be reached/)]);
    expect(detail).not.toContain("postgres:postgres");
    proxy.isShut = false;
    await expect.poll(async () => (await ledger.health()).ok).toBe(true);
    expect((await ledger.claim(effect({ tenant: "down" }))).kind).toBe("won");
  });
});
