import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { claim } from "../../../src/ledger/postgres/claims.ts";
import { settle } from "../../../src/ledger/postgres/settling.ts";
import { claimAsk } from "./asking.ts";
import { type DatabaseUnderTest, databaseUnderTest } from "./under-test.ts";

describe("a claim in PostgreSQL", () => {
  let open: DatabaseUnderTest;
  beforeAll(async () => {
    open = await databaseUnderTest();
  });
  afterAll(() => open.close());

  it.each([
    ["a number", { key: "number", occurrence: 1 as const }],
    ["the next", { key: "next" }],
    ["a client's key", { key: "keyed", clientKey: "ck" }],
  ])("for %s that is asked for again, with its nonce, is the same claim", async (_what, change) => {
    const ask = claimAsk(change);
    const first = await claim(open.database, ask, false);
    const again = await claim(open.database, ask, true);
    expect(again).toEqual(first);
    expect(again.kind).toBe("won");
    // Anybody else's is not.
    const other = await claim(open.database, claimAsk({ ...change, occurrence: 1 }), true);
    expect(other).toMatchObject({ kind: "met", record: { id: first.record.id } });
  });

  it("passes over a turn that another gateway may just be handing over, and no effect", async () => {
    const reuse = { running: false, undelivered: true, deliveredWithinMs: 0 };
    const met = async (kind: "effect" | "turn", owner: string): Promise<string> => {
      const key = `handed ${kind} ${owner}`;
      const { record } = await claim(open.database, claimAsk({ kind, key, owner: "here" }), false);
      const { id, epoch, nonce } = record;
      await settle(open.database, { fence: { id, epoch, nonce }, settlement: { state: "done" }, nonce });
      return (await claim(open.database, claimAsk({ kind, key, owner, reuse }), false)).kind;
    };
    expect(await met("turn", "here")).toBe("met");
    expect(await met("turn", "there")).toBe("won");
    expect(await met("effect", "there")).toBe("met");
  });

  it("that nobody heard of is not won any more, once it was ended by others", async () => {
    const ask = claimAsk({ key: "ended", leaseMs: 50 });
    const { record } = await claim(open.database, ask, false);
    await open.advance(60);
    await claim(open.database, claimAsk({ key: "ended", occurrence: 1 }), false);
    expect(await claim(open.database, ask, true)).toMatchObject({
      kind: "met",
      record: { id: record.id, state: "in-doubt" },
    });
  });

  it("waits for another one of its place, and goes by how that one ended", async () => {
    const ask = claimAsk({ key: "contended", occurrence: 1 });
    const { promise: isInserted, resolve: inserted } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const undone = open.database.transaction(async (queries) => {
      await queries.run(
        `insert into @claims (id, tenant, kind, key, occurrence, state, epoch, nonce, owner, lease_until_ms,
           created_at_ms, key_at_ms, fingerprint, detail)
         values ('slow', :tenant, :kind, :key, 1, 'intent', 1, 'n', 'o', 0, 0, 0, 'f', '{}')`,
        { tenant: ask.tenant, kind: ask.kind, key: ask.key },
      );
      inserted();
      await mayEnd;
      throw new RangeError("undone");
    });
    await isInserted;
    const claiming = claim(open.database, ask, false);
    end();
    await expect(undone).rejects.toThrow("undone");
    expect(await claiming).toMatchObject({ kind: "won", record: { id: ask.id } });
  });

  it("of a doubt that may be sent again has one winner among many", async () => {
    const first = await claim(open.database, claimAsk({ key: "doubt" }), false);
    const doubt = { fence: first.record, settlement: { state: "in-doubt" }, nonce: "d" } as const;
    await settle(open.database, doubt);
    const redispatch = { withinMs: null, sameBytes: false };
    const asked = Array.from({ length: 20 }, () =>
      claim(open.database, claimAsk({ key: "doubt", occurrence: 1, redispatch }), false),
    );
    const claimed = await Promise.all(asked);
    expect(claimed.filter(({ kind }) => kind === "won")).toHaveLength(1);
    expect(new Set(claimed.map(({ record }) => record.epoch))).toEqual(new Set([2]));
  });

  it("of a free record has one winner among many", async () => {
    const first = await claim(open.database, claimAsk({ key: "free" }), false);
    const fence = first.record;
    await settle(open.database, { fence, settlement: { state: "declined" }, nonce: "s" });
    const asked = Array.from({ length: 20 }, () =>
      claim(open.database, claimAsk({ key: "free", occurrence: 1 }), false),
    );
    const claimed = await Promise.all(asked);
    expect(claimed.filter(({ kind }) => kind === "won")).toHaveLength(1);
    expect(new Set(claimed.map(({ record }) => record.epoch))).toEqual(new Set([2]));
  });

  it.each([
    ["new", null, {}],
    ["free", "declined", {}],
    ["doubt", "in-doubt", { redispatch: { withinMs: null, sameBytes: false } }],
  ] as const)(
    "of a %s record fails in a ledger that was put back, and changes nothing",
    async (key, state, change) => {
      const named = { key: `behind ${key}` };
      if (state !== null) {
        const { record } = await claim(open.database, claimAsk(named), false);
        await settle(open.database, { fence: record, settlement: { state }, nonce: `b ${key}` });
      }
      const read = (): Promise<unknown> =>
        open.database.alone.all("select * from @claims where key = :key", named);
      const before = await read();
      const ask = { ...claimAsk({ ...named, ...change }), reached: 1_000_000 };
      await expect(claim(open.database, ask, false)).rejects.toMatchObject({ code: "LS001" });
      expect(await read()).toEqual(before);
      expect((await claim(open.database, { ...ask, reached: 0 }, false)).kind).toBe("won");
    },
  );
});
