import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRecord, ClaimRequest, ClaimState, Ledger } from "../../../src/ledger/ledger.ts";
import { effect, noReuse, whole, win as winOf, type LedgerUnderTest, type OpenLedger } from "./requests.ts";

const retry = { running: true, undelivered: true, deliveredWithinMs: 0 };

export function claimPromises(open: OpenLedger): void {
  describe("claiming", () => {
    let store: LedgerUnderTest;
    let ledger: Ledger;
    let tenant = 0;
    beforeAll(async () => {
      store = await open();
      ledger = store.ledger;
    });
    afterAll(() => store.close());
    // Nothing is shared between tenants, so a tenant of its own is a fresh ledger for each test.
    beforeEach(() => {
      tenant += 1;
    });
    const call = (change: Partial<ClaimRequest> = {}): ClaimRequest =>
      effect({ tenant: `tenant ${tenant}`, ...change });
    const win = (change: Partial<ClaimRequest> = {}): Promise<ClaimRecord> => winOf(ledger, call(change));

    async function endedIn(state: ClaimState, change = {}): Promise<string> {
      const record = await win(change);
      await ledger.settle(record, { state, ...(state === "done" ? { answer: whole } : {}) });
      return record.id;
    }

    it("gives a record of what was claimed, as an intent under the first epoch", async () => {
      const record = await win({ stage: "s", clientKey: "ck", detail: { name: "ü😀\0" } });
      expect(record).toMatchObject({
        tenant: `tenant ${tenant}`,
        kind: "effect",
        key: "pay",
        occurrence: 1,
        run: "r",
        stage: "s",
        attempt: "a",
        fingerprint: "payload",
        clientKey: "ck",
        detail: { name: "ü😀\0" },
        owner: "gateway",
        state: "intent",
        epoch: 1,
        delivered: false,
        finishedAtMs: null,
        answer: null,
        lateAnswer: null,
      });
      expect(record.leaseUntilMs - record.createdAtMs).toBe(60_000);
      expect(await ledger.read(record.id)).toEqual(record);
      expect(await ledger.read("nobody's")).toBeNull();
    });

    it("never takes a turn for the first of a run that has others", async () => {
      const turn = { kind: "turn", reuse: noReuse } as const;
      const claimed = [];
      for (const [attempt, key] of [
        ["a", "one"],
        ["a", "two"],
        ["b", "one"],
        ["b", "three"],
      ] as const) {
        claimed.push(await ledger.claim(call({ ...turn, attempt, key })));
      }
      // Not every store looks.
      expect(claimed[0]).toMatchObject({ kind: "won" });
      for (const later of claimed.slice(1)) expect(later).not.toHaveProperty("isFirstOfRun");
    });

    it("makes no more calls of an attempt than it may, and meets the newest where more come", async () => {
      const most = { callsMax: 2 };
      const first = await win(most);
      const second = await win(most);
      expect([first.occurrence, second.occurrence]).toEqual([1, 2]);
      for (const state of ["intent", "done"] as const) {
        if (state === "done") await ledger.settle(second, { state, answer: whole });
        const beyond = await ledger.claim(call(most));
        expect(beyond).toMatchObject({ kind: "met", record: { id: second.id, state } });
      }
      await ledger.markDelivered(second.id);
      expect(await ledger.claim(call(most))).toMatchObject({ kind: "met", record: { id: second.id } });
      expect((await win({ callsMax: 3 })).occurrence).toBe(3);
      // A later attempt counts its own from the first one on.
      const later = { ...most, attempt: "b" };
      await ledger.settle(first, { state: "done", answer: whole });
      expect(await ledger.claim(call(later))).toMatchObject({ kind: "met", record: { id: first.id } });
      await ledger.markDelivered(first.id);
      expect(await ledger.claim(call(later))).toMatchObject({ kind: "met", record: { id: second.id } });
    });

    it("lets a call that may come once run again where it was refused, and no second beside it", async () => {
      const once = { callsMax: 1 };
      const refused = await win(once);
      await ledger.settle(refused, { state: "declined" });
      const again = await win(once);
      expect(again).toMatchObject({ id: refused.id, epoch: 2 });
      const asked = await Promise.all(Array.from({ length: 8 }, () => ledger.claim(call(once))));
      expect(asked.map(({ kind, record }) => [kind, record.id])).toEqual(
        asked.map(() => ["met", refused.id]),
      );
    });

    it("goes on under the key that calls had before, where one of them has a record", async () => {
      const renamed = { key: "by decision", formerKey: "by bytes", callsMax: 2 };
      const under = (await win(renamed)).key;
      expect(under).toBe("by decision");
      const old = await win({ key: "by bytes" });
      await ledger.settle(old, { state: "done", answer: whole });
      await ledger.markDelivered(old.id);
      const next = await win(renamed);
      expect(next).toMatchObject({ key: "by bytes", occurrence: 2 });
      expect(await ledger.read(next.id)).toEqual(next);
      expect(await ledger.claim(call(renamed))).toMatchObject({ kind: "met", record: { id: next.id } });
    });

    it("counts the equal calls of one attempt, and tells of the one before", async () => {
      const first = await ledger.claim(call());
      const second = await ledger.claim(call());
      expect(first).toMatchObject({ kind: "won", newest: null, record: { occurrence: 1 } });
      expect(second).toMatchObject({
        kind: "won",
        newest: { id: first.record.id },
        record: { occurrence: 2 },
      });
    });

    it("takes an answer that a later attempt did not get for one that nobody got", async () => {
      const first = await win();
      await ledger.settle(first, { state: "done", answer: whole });
      await ledger.markDelivered(first.id);
      const reuse = { ...noReuse, undelivered: true };
      const later = call({ attempt: "b", reuse });
      // It meets the record, and its answer is lost on the way: the same call comes again.
      for (let i = 0; i < 2; i++) {
        expect(await ledger.claim(later)).toMatchObject({
          kind: "met",
          record: { id: first.id, delivered: false },
        });
      }
      await ledger.markDelivered(first.id);
      expect((await ledger.claim(later)).kind).toBe("won");
    });

    it("meets, in a later attempt, the k-th record with the k-th call, then goes on", async () => {
      const one = await endedIn("done");
      const two = await endedIn("done");
      const later = call({ attempt: "b" });
      expect(await ledger.claim(later)).toMatchObject({ kind: "met", record: { id: one, attempt: "a" } });
      expect(await ledger.claim(later)).toMatchObject({ kind: "met", record: { id: two } });
      expect(await ledger.claim(later)).toMatchObject({
        kind: "won",
        newest: { id: two },
        record: { occurrence: 3, attempt: "b" },
      });
    });

    it("takes no name for an attempt as an attempt of its own", async () => {
      const id = await endedIn("done", { attempt: null });
      expect(await ledger.claim(call({ attempt: "" }))).toMatchObject({ kind: "met", record: { id } });
      expect(await ledger.claim(call({ attempt: null }))).toMatchObject({
        kind: "won",
        record: { occurrence: 2 },
      });
    });

    it("attaches a later attempt to what an earlier one still runs", async () => {
      const running = await win();
      const met = await ledger.claim(call({ attempt: "b" }));
      expect(met).toMatchObject({ kind: "met", record: { id: running.id, state: "intent" } });
    });

    it("counts all equal calls of anonymous runs together", async () => {
      const anonymous = { run: null, attempt: "ignored" };
      const one = await endedIn("done", anonymous);
      expect(await ledger.claim(call({ run: null, attempt: null }))).toMatchObject({
        kind: "won",
        newest: { id: one },
        record: { occurrence: 2 },
      });
    });

    it("meets the newest equal record where the request's reuse says so", async () => {
      const running = await win();
      const again = (reuse = noReuse) => ledger.claim(call({ reuse }));
      expect(await again(retry)).toMatchObject({ kind: "met", record: { id: running.id } });
      await ledger.settle(running, { state: "done", answer: whole });
      expect(await again(retry)).toMatchObject({ kind: "met", record: { id: running.id } });
      await ledger.markDelivered(running.id);
      await store.advance(1000);
      expect(await again({ ...noReuse, deliveredWithinMs: 60_000 })).toMatchObject({ kind: "met" });
      expect(await again(retry)).toMatchObject({ kind: "won", record: { occurrence: 2 } });
    });

    it("does not meet what ended longer ago than the window", async () => {
      const id = await endedIn("done");
      await ledger.markDelivered(id);
      await store.advance(60_000);
      expect(await ledger.claim(call({ reuse: { ...noReuse, deliveredWithinMs: 50 } }))).toMatchObject({
        kind: "won",
      });
    });

    it("meets the oldest answer that nobody got, also when a newer one was delivered", async () => {
      const older = await win();
      const newer = await ledger.claim(call());
      await ledger.settle(older, { state: "done", answer: whole });
      await ledger.settle(newer.record, { state: "done", answer: whole });
      await ledger.markDelivered(newer.record.id);
      expect(await ledger.claim(call({ reuse: { ...noReuse, undelivered: true } }))).toMatchObject({
        kind: "met",
        record: { id: older.id },
      });
      // What another owner executed may have been delivered: its last marks can be lost.
      expect(
        await ledger.claim(call({ owner: "other", reuse: { ...noReuse, undelivered: true } })),
      ).toMatchObject({ kind: "won" });
    });

    it.each(["declined", "not-sent"] as const)("claims a record that is %s again", async (state) => {
      const first = await win({ clientKey: "first" });
      await ledger.settle(first, { state, answer: { ...whole, status: 429 } });
      const again = await ledger.claim(call({ clientKey: "second", attempt: "b", owner: "other" }));
      expect(again).toMatchObject({
        kind: "won",
        record: {
          id: first.id,
          occurrence: 1,
          epoch: 2,
          state: "intent",
          owner: "other",
          attempt: "b",
          clientKey: "first",
          // Kept: how it was refused decides how it may be sent again.
          answer: { status: 429 },
          finishedAtMs: null,
          delivered: false,
        },
      });
      expect(again.record.nonce).not.toBe(first.nonce);
    });

    it("claims the first free record, so that a later attempt executes nothing more", async () => {
      const refused = await win();
      const second = await win();
      await ledger.settle(refused, { state: "declined" });
      await ledger.settle(second, { state: "done", answer: whole });
      expect(await ledger.claim(call())).toMatchObject({ kind: "won", record: { id: refused.id } });
    });

    it("makes anew what was done too long ago, unless that was an effect", async () => {
      const turn = { kind: "turn" as const, keptForMs: 60_000, reuse: retry };
      const old = await win(turn);
      await ledger.settle(old, { state: "done", answer: whole });
      const named = await win({ ...turn, key: "named", clientKey: "c" });
      await ledger.settle(named, { state: "done", answer: whole });
      const paid = await win();
      await ledger.settle(paid, { state: "done", answer: whole });
      await store.advance(30_000);
      const later = { ...turn, attempt: "b" };
      expect(await ledger.claim(call(later))).toMatchObject({ kind: "met", record: { id: old.id } });
      await store.advance(30_000);
      // A later attempt's k-th is the same record again; the same attempt has no retry of it any more.
      expect(await ledger.claim(call({ ...turn, attempt: "c" }))).toMatchObject({
        kind: "won",
        record: { id: old.id, epoch: 2, answer: null, delivered: false },
      });
      expect(await ledger.claim(call({ ...turn, key: "named", clientKey: "c" }))).toMatchObject({
        kind: "won",
        record: { id: named.id, epoch: 2 },
      });
      expect(await ledger.claim(call({ attempt: "b", keptForMs: 60_000 }))).toMatchObject({
        kind: "met",
        record: { id: paid.id },
      });
    });

    it("takes nothing for a retry of what was done too long ago, though nobody got it", async () => {
      const turn = { kind: "turn" as const, keptForMs: 60_000, reuse: retry };
      const first = await win(turn);
      await ledger.settle(first, { state: "done", answer: whole });
      await store.advance(60_000);
      const second = await win(turn);
      expect(second.occurrence).toBe(2);
      await ledger.settle(second, { state: "done", answer: whole });
      await ledger.markDelivered(second.id);
      // The newest one was handed over, and the one before is too old.
      expect(await ledger.claim(call(turn))).toMatchObject({ kind: "won", record: { occurrence: 3 } });
    });

    it("never passes a doubt over, also when newer calls went well", async () => {
      const doubtful = await win();
      const fine = await win();
      await ledger.settle(fine, { state: "done", answer: whole });
      await ledger.settle(doubtful, { state: "in-doubt", reason: "cut off" });
      for (const attempt of ["a", "a", "b", "b"]) {
        expect(await ledger.claim(call({ attempt }))).toMatchObject({
          kind: "met",
          record: { id: doubtful.id },
        });
      }
      await ledger.settle(doubtful, { state: "abandoned", reason: "given up by ann" });
      expect(await ledger.claim(call())).toMatchObject({ kind: "met", record: { state: "abandoned" } });
    });

    it("does not count a call that met a doubt: resolved, it meets the same record", async () => {
      const doubtful = await win();
      await ledger.settle(doubtful, { state: "in-doubt" });
      await ledger.claim(call({ attempt: "b" }));
      await ledger.settle(doubtful, { state: "resolved-done", answer: whole });
      expect(await ledger.claim(call({ attempt: "b" }))).toMatchObject({
        kind: "met",
        record: { id: doubtful.id, state: "resolved-done" },
      });
    });

    it("finds or makes exactly the record that a number names", async () => {
      const third = await win({ occurrence: 3 });
      expect(third.occurrence).toBe(3);
      expect(await ledger.claim(call({ occurrence: 3 }))).toMatchObject({
        kind: "met",
        record: { id: third.id },
      });
      await ledger.settle(third, { state: "not-sent" });
      expect(await ledger.claim(call({ occurrence: 3 }))).toMatchObject({
        kind: "won",
        record: { epoch: 2 },
      });
    });

    it("keeps tenants, kinds and keys apart", async () => {
      const ids = new Set<string>();
      for (const change of [
        {},
        { tenant: `neighbour ${tenant}` },
        { kind: "lock" as const },
        { key: "other" },
      ]) {
        ids.add((await win({ occurrence: 1, ...change })).id);
      }
      expect(ids.size).toBe(4);
    });

    it("meets by an equal client key, whatever else differs, and only in its scope", async () => {
      const first = await win({ clientKey: "ck", clientKeyScope: "bank" });
      const other = { clientKey: "ck", clientKeyScope: "bank", key: "elsewhere", run: "r2" };
      expect(await ledger.claim(call(other))).toMatchObject({ kind: "met", record: { id: first.id } });
      await win({ clientKey: "ck", clientKeyScope: "shop" });
      await win({ clientKey: "ck", clientKeyScope: "bank", kind: "turn" });
      await win({ clientKey: "ck", clientKeyScope: "bank", tenant: `neighbour ${tenant}` });
    });

    it("reports an equal client key with another payload as a conflict", async () => {
      const first = await win({ clientKey: "ck" });
      expect(await ledger.claim(call({ clientKey: "ck", fingerprint: "other" }))).toMatchObject({
        kind: "conflict",
        record: { id: first.id },
      });
    });

    it("finds what a later attempt met by that attempt's own client key", async () => {
      const id = await endedIn("done", { clientKey: "of a" });
      const later = call({ attempt: "b", clientKey: "of b" });
      expect(await ledger.claim(later)).toMatchObject({ kind: "met", record: { id } });
      expect(await ledger.claim(later)).toMatchObject({ kind: "met", record: { id } });
      expect(await ledger.claim({ ...later, clientKey: "another" })).toMatchObject({ kind: "won" });
    });

    it("claims a free record again that a client key names", async () => {
      const id = await endedIn("declined", { clientKey: "ck" });
      expect(await ledger.claim(call({ clientKey: "ck" }))).toMatchObject({
        kind: "won",
        record: { id, epoch: 2 },
      });
    });
  });
}
