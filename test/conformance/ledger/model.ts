import assert from "node:assert/strict";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  ClaimRecord,
  ClaimRequest,
  ClaimState,
  Fence,
  Ledger,
  Settlement,
} from "../../../src/ledger/ledger.ts";
import { cut, effect, whole, type LedgerUnderTest, type OpenLedger } from "./requests.ts";
import { LedgerModel, outline } from "./reference.ts";

/** What a command works on: the real ledger, and every fence that was ever handed out. */
interface Real {
  readonly store: LedgerUnderTest;
  readonly tenant: string;
  readonly fences: Fence[];
  /** How often a claim ended at a record of each state: a search that never meets a doubt proves little. */
  readonly met: Record<ClaimState, number>;
}

type Command = fc.AsyncCommand<LedgerModel, Real>;

class Claim implements Command {
  readonly request: ClaimRequest;
  constructor(request: ClaimRequest) {
    this.request = request;
  }
  check = (): boolean => true;
  async run(model: LedgerModel, real: Real): Promise<void> {
    const request = { ...this.request, tenant: real.tenant };
    const claimed = await real.store.ledger.claim(request);
    const expected = model.claim(request, claimed.record.id);
    assert.equal(claimed.kind, expected.kind);
    assert.deepEqual(outline(claimed.record), outline(expected.record));
    if (claimed.kind === "met") {
      assert.equal(claimed.isNext, expected.isNext);
      real.met[claimed.record.state] += 1;
    }
    if (claimed.kind === "won") {
      assert.equal(claimed.newest?.id, expected.newest?.id);
      real.fences.push(fenceOf(claimed.record));
    }
  }
  toString = (): string => `claim ${JSON.stringify(this.request)}`;
}

/** Settles one claim several times with the fence of its claimer. */
class Settle implements Command {
  readonly pick: number;
  readonly settlements: readonly Settlement[];
  constructor(pick: number, settlements: readonly Settlement[]) {
    this.pick = pick;
    this.settlements = settlements;
  }
  check = (): boolean => true;
  async run(model: LedgerModel, real: Real): Promise<void> {
    const fence = picked(real, this.pick);
    if (fence === undefined) return;
    for (const settlement of this.settlements) {
      const settled = await real.store.ledger.settle(fence, settlement);
      const expected = model.settle(fence, settlement);
      assert.equal(settled.applied, expected.applied);
      assert.deepEqual(outline(settled.record), outline(expected.record));
    }
  }
  toString = (): string => `settle #${this.pick} ${JSON.stringify(this.settlements)}`;
}

class Pass implements Command {
  readonly what: "delivered" | "sweep" | "time" | "restart" | "renew";
  readonly pick: number;
  constructor(what: Pass["what"], pick: number) {
    this.what = what;
    this.pick = pick;
  }
  check = (): boolean => true;
  async run(model: LedgerModel, real: Real): Promise<void> {
    const fence = picked(real, this.pick);
    if (this.what === "time") {
      model.nowMs += 40;
      await real.store.advance(40);
    } else if (this.what === "sweep") {
      model.sweep();
      await real.store.ledger.sweep();
    } else if (this.what === "restart") {
      if (real.store.soleOwner) model.restart();
      await real.store.restart();
    } else if (fence !== undefined && this.what === "renew") {
      assert.equal(await real.store.ledger.renew(fence, 100), model.renew(fence, 100));
    } else if (fence !== undefined) {
      model.markDelivered(fence.id);
      await real.store.ledger.markDelivered(fence.id);
    }
    const limit = { tenant: real.tenant, limit: 1000 };
    const records = await real.store.ledger.listClaims(limit);
    assert.deepEqual(records.map(outline), model.newestFirst().map(outline));
    for (const attempt of [null, "a", "b"]) {
      const left = await real.store.ledger.listClaims({ ...limit, run: "r", notAskedBy: { attempt } });
      // A record that a client key brought over from the anonymous run is counted with neither.
      const ofRun = left.filter(({ key }) => key === "k1");
      assert.deepEqual(ofRun.map(outline), model.notAskedBy(attempt, "r", "k1").map(outline));
    }
  }
  toString = (): string => `${this.what} #${this.pick}`;
}

/** One of the fences handed out, old ones among them; a small number picks a new one. */
function picked(real: Real, pick: number): Fence | undefined {
  return real.fences.at(-(pick % Math.max(1, real.fences.length)) - 1);
}

function fenceOf({ id, epoch, nonce }: ClaimRecord): Fence {
  return { id, epoch, nonce };
}

const claims = fc
  .record({
    key: fc.constantFrom("k1", "k1", "k2", "k2", "k0"),
    kind: fc.constantFrom("effect" as const, "effect" as const, "turn" as const),
    occurrence: fc.oneof(
      { weight: 5, arbitrary: fc.constant("next" as const) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 }) },
    ),
    reuse: fc.record({
      running: fc.boolean(),
      undelivered: fc.boolean(),
      deliveredWithinMs: fc.constantFrom(0, 50),
    }),
    attempt: fc.constantFrom(null, "a", "b"),
    fingerprint: fc.constantFrom("f1", "f1", "f1", "f2"),
    clientKey: fc.constantFrom(null, null, "c1", "c2"),
    sent: fc.constantFrom("b1", "b1", "b2"),
    again: fc.constantFrom(undefined, undefined, 0, 3_600_000, null),
    sameBytes: fc.boolean(),
    kept: fc.constantFrom(undefined, 50),
    most: fc.constantFrom(undefined, undefined, 1, 2, 3),
    isFormer: fc.constantFrom(false, false, true),
    newKeyAfter: fc.constantFrom<NonNullable<ClaimRequest["newKeyAfter"]>[]>([], [200], "any"),
  })
  .map(({ again, sameBytes, kept, most, isFormer, ...change }) => ({
    ...change,
    ...(most === undefined ? {} : { callsMax: most }),
    // Another key of the same run.
    ...(isFormer && change.key === "k1" ? { formerKey: "k0" } : {}),
    ...(kept === undefined ? {} : { keptForMs: kept }),
    ...(again === undefined ? {} : { redispatch: { withinMs: again, sameBytes } }),
  }))
  // The base key is made over the run, so an equal key is never of another run.
  .map((change) => new Claim(effect({ ...change, run: change.key === "k2" ? null : "r", leaseMs: 100 })));

const states: readonly ClaimState[] = [
  ...(["intent", "done", "declined", "not-sent", "in-doubt", "in-doubt"] as const),
  ...(["resolved-done", "resolved-not-done", "abandoned"] as const),
];
const settlements = fc
  .record({
    state: fc.constantFrom(...states),
    answer: fc.constantFrom(undefined, whole, cut),
  })
  .map(({ state, answer }): Settlement => ({ state, ...(answer === undefined ? {} : { answer }) }));
const resolutions = settlements.map((settlement): Settlement[] => [{ state: "in-doubt" }, settlement]);
const settles = fc
  .record({ pick: fc.nat(5), asked: fc.oneof(fc.tuple(settlements), resolutions) })
  .map(({ pick, asked }) => new Settle(pick, asked));

const passes = fc
  .record({
    what: fc.oneof(
      { weight: 40, arbitrary: fc.constantFrom("delivered" as const, "sweep", "time", "renew") },
      { weight: 1, arbitrary: fc.constant("restart" as const) },
    ),
    pick: fc.nat(5),
  })
  .map(({ what, pick }) => new Pass(what, pick));

export function raceAndModelPromises(open: OpenLedger): void {
  describe("as a whole", () => {
    // Thousands of questions, each on disk before the next.
    it("does what the reference does, whatever is asked in whatever order", { timeout: 90_000 }, async () => {
      const store = await open();
      let run = 0;
      const met = Object.fromEntries(states.map((state) => [state, 0])) as Record<ClaimState, number>;
      try {
        const commands = fc.commands([claims, claims, settles, passes], { maxCommands: 40, size: "max" });
        await fc.assert(
          fc.asyncProperty(commands, async (asked) => {
            run += 1;
            const real = { store, tenant: `t${run}`, fences: [], met };
            await fc.asyncModelRun(() => ({ model: new LedgerModel(), real }), asked);
          }),
          { numRuns: 80 },
        );
        expect(Math.min(met.intent, met.done, met["in-doubt"], met.abandoned)).toBeGreaterThan(0);
      } finally {
        await store.close();
      }
    });

    it("gives each of 300 keys to one of 20 claimers at once", { timeout: 120_000 }, async () => {
      const store = await open();
      const keys = Array.from({ length: 300 }, (_, index) => `key ${index}`);
      const claimers = Array.from({ length: 20 }, (_, index) => `claimer ${index}`);
      const asked = claimers.flatMap((owner) =>
        keys.map((key) => store.ledger.claim(effect({ key, owner, occurrence: 1 }))),
      );
      const claimed = await Promise.all(asked);
      const winners = claimed.filter((each) => each.kind === "won");
      expect(new Set(winners.map((each) => each.record.key)).size).toBe(300);
      expect(winners).toHaveLength(300);
      const nonces = new Map(winners.map((each) => [each.record.key, each.record.nonce]));
      for (const each of claimed) expect(each.record.nonce).toBe(nonces.get(each.record.key));
      await store.close();
    });

    it("gives 20 equal calls at once 20 places, or one where they attach", async () => {
      const store = await open();
      const calls = (change: Partial<ClaimRequest>) =>
        Promise.all(Array.from({ length: 20 }, () => store.ledger.claim(effect(change))));
      const places = await calls({ key: "apart" });
      expect(places.map((each) => each.record.occurrence).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 20 }, (_, index) => index + 1),
      );
      const attached = await calls({
        key: "together",
        reuse: { running: true, undelivered: true, deliveredWithinMs: 0 },
      });
      expect(attached.filter((each) => each.kind === "won")).toHaveLength(1);
      expect(new Set(attached.map((each) => each.record.id)).size).toBe(1);
      await store.close();
    });

    it("lets one of many settlements of one claim decide", async () => {
      const store = await open();
      const { record } = await store.ledger.claim(effect());
      const asked = ["done", "declined", "not-sent"] as const;
      const settled: Awaited<ReturnType<Ledger["settle"]>>[] = await Promise.all(
        asked.map((state) => store.ledger.settle(record, { state })),
      );
      // Which of them comes first is the store's: connections of their own keep no order.
      const first = settled.findIndex((each) => each.applied);
      expect(settled.filter((each) => each.applied)).toHaveLength(1);
      expect((await store.ledger.read(record.id))?.state).toBe(asked[first]);
      await store.close();
    });
  });
}
