import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { effect, whole, win, type LedgerUnderTest, type OpenLedger } from "./requests.ts";

export function ownerPromises(open: OpenLedger): void {
  describe("owners and leases", () => {
    let store: LedgerUnderTest;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it("puts an effect whose lease ran out in doubt, and lets the late answer end it", async () => {
      const { ledger } = store;
      const record = await win(ledger, { leaseMs: 50 });
      const kept = await win(ledger, { key: "kept", leaseMs: 50 });
      await ledger.renew(kept, 60_000);
      await store.advance(60);
      expect(await ledger.sweep()).toEqual({ doubted: 1, expired: 0 });
      expect(await ledger.read(record.id)).toMatchObject({
        state: "in-doubt",
        reason: expect.stringMatching(/lease/),
      });
      expect((await ledger.read(kept.id))?.state).toBe("intent");
      expect(await ledger.renew(record, 1000)).toBe(false);
      expect(await ledger.settle(record, { state: "done", answer: whole })).toMatchObject({
        applied: true,
        record: { state: "done", answer: whole },
      });
    });

    it("never claims an effect again whose lease ran out, also before the sweep", async () => {
      const { ledger } = store;
      const record = await win(ledger, { leaseMs: 50 });
      await store.advance(60);
      expect(await ledger.claim(effect())).toMatchObject({
        kind: "met",
        record: { id: record.id, state: "in-doubt" },
      });
    });

    it.each(["turn", "lock", "stage", "confirmation"] as const)(
      "frees a %s whose lease ran out",
      async (kind) => {
        const { ledger } = store;
        const record = await win(ledger, { kind, occurrence: 1, leaseMs: 50, owner: "dead" });
        await store.advance(60);
        const again = await ledger.claim(effect({ kind, occurrence: 1, owner: "alive" }));
        expect(again).toMatchObject({ kind: "won", record: { id: record.id, epoch: 2, owner: "alive" } });
        expect(await ledger.settle(record, { state: "done" })).toMatchObject({ applied: false });
      },
    );

    it("finds, once a crashed gateway's claims have no owner, effects in doubt and all else free", async () => {
      // Leases are longer where this frees what is left, and must not be where it does not.
      expect(store.ledger.hasOneOwner === true).toBe(store.soleOwner);
      const effectId = (await win(store.ledger)).id;
      const lock = await win(store.ledger, { kind: "lock", occurrence: 1 });
      const done = await win(store.ledger, { key: "done" });
      await store.ledger.settle(done, { state: "done", answer: whole });
      const fact = { tenant: "local", subject: "run:r", kind: "k", value: { a: [1] } };
      const facts = await store.ledger.append([fact]);
      const hash = await store.ledger.put("local", Buffer.from("bytes"));

      await store.restart();
      const { ledger } = store;
      await ledger.sweep();
      // Where others share the store they may hold them: that one started says nothing.
      expect((await ledger.read(effectId))?.state).toBe(store.soleOwner ? "in-doubt" : "intent");
      await store.advance(store.soleOwner ? 0 : 60_001);
      await ledger.sweep();
      const why = store.soleOwner ? /stopped/ : /lease/;
      expect(await ledger.read(effectId)).toMatchObject({
        state: "in-doubt",
        reason: expect.stringMatching(why),
      });
      expect(await ledger.claim(effect())).toMatchObject({ kind: "met", record: { state: "in-doubt" } });
      expect(await ledger.claim(effect({ kind: "lock", occurrence: 1 }))).toMatchObject({
        kind: "won",
        record: { id: lock.id, epoch: 2 },
      });
      expect(await ledger.claim(effect({ key: "done", attempt: "b" }))).toMatchObject({
        kind: "met",
        record: { id: done.id, answer: whole },
      });
      expect(await ledger.facts("local", "run:r")).toEqual(facts);
      expect(await ledger.get("local", hash)).not.toBeNull();
    });

    it("goes on counting after a restart", async () => {
      const record = await win(store.ledger);
      await store.ledger.settle(record, { state: "done", answer: whole });
      await store.restart();
      expect(await win(store.ledger)).toMatchObject({ occurrence: 2 });
    });

    it("shows an operator beside it what is there, and sees what the operator resolved", async () => {
      const { ledger } = store;
      const record = await win(ledger);
      await ledger.settle(record, { state: "in-doubt" });
      const operator = await store.beside();
      const [seen] = await operator.listClaims({ states: ["in-doubt"], limit: 10 });
      expect(seen?.id).toBe(record.id);
      await operator.settle(seen!, { state: "resolved-not-done", reason: "ann looked" });
      await operator.close();
      expect(await ledger.claim(effect())).toMatchObject({
        kind: "won",
        record: { id: record.id, epoch: 2 },
      });
    });

    it("does not doubt what runs because an operator opened the ledger", async () => {
      const record = await win(store.ledger);
      const operator = await store.beside();
      expect((await operator.read(record.id))?.state).toBe("intent");
      await operator.close();
      expect(await store.ledger.settle(record, { state: "done", answer: whole })).toMatchObject({
        applied: true,
      });
    });

    it("wakes who waits for a record as soon as it is settled", async () => {
      const { ledger } = store;
      const record = await win(ledger);
      const waiting = [ledger.wait(record.id, 60_000), ledger.wait(record.id, 60_000)];
      await ledger.settle(record, { state: "done", answer: whole });
      for (const found of await Promise.all(waiting))
        expect(found).toMatchObject({ state: "done", answer: whole });
    });

    it("gives a record as it is when the time is up, at once when it has ended, null for none", async () => {
      const { ledger } = store;
      const record = await win(ledger);
      expect(await ledger.wait(record.id, 5)).toMatchObject({ state: "intent" });
      await ledger.settle(record, { state: "in-doubt" });
      expect(await ledger.wait(record.id, 60_000)).toMatchObject({ state: "in-doubt" });
      expect(await ledger.wait("none", 60_000)).toBeNull();
    });

    it("wakes who waits when the sweep ends the record, and when another process does", async () => {
      const { ledger } = store;
      const record = await win(ledger, { leaseMs: 50 });
      const waiting = ledger.wait(record.id, 60_000);
      await store.advance(60);
      await ledger.sweep();
      expect(await waiting).toMatchObject({ state: "in-doubt" });

      const second = await win(ledger, { key: "second" });
      const operator = await store.beside();
      const alsoWaiting = ledger.wait(second.id, 60_000);
      // Answered after the first look of who waits, so that it has seen the record running.
      expect((await ledger.read(second.id))?.state).toBe("intent");
      await operator.settle(second, { state: "done", answer: whole });
      expect(await alsoWaiting).toMatchObject({ state: "done" });
      await operator.close();
    });
  });
}
