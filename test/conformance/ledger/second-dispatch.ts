import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRecord, ClaimRequest, Ledger } from "../../../src/ledger/ledger.ts";
import { effect, whole, win as winOf, type LedgerUnderTest, type OpenLedger } from "./requests.ts";

const whenever = { withinMs: null, sameBytes: false };

export function secondDispatchPromises(open: OpenLedger): void {
  describe("a second dispatch", () => {
    let store: LedgerUnderTest;
    let ledger: Ledger;
    let tenant = 0;
    beforeAll(async () => {
      store = await open();
      ledger = store.ledger;
    });
    afterAll(() => store.close());
    beforeEach(() => {
      tenant += 1;
    });
    const call = (change: Partial<ClaimRequest> = {}): ClaimRequest =>
      effect({ tenant: `tenant ${tenant}`, sent: "b1", ...change });
    const again = (change: Partial<ClaimRequest> = {}): ClaimRequest =>
      call({ redispatch: whenever, ...change });
    const win = (change: Partial<ClaimRequest> = {}): Promise<ClaimRecord> => winOf(ledger, call(change));

    async function doubtful(change: Partial<ClaimRequest> = {}): Promise<ClaimRecord> {
      const record = await win(change);
      await ledger.settle(record, { state: "in-doubt", reason: "cut off" });
      return record;
    }

    it("wins the record in doubt under the next epoch, with the key and the bytes of the first", async () => {
      const first = await doubtful({ clientKey: "ck" });
      expect(first).toMatchObject({ epoch: 1, keyEpoch: 1, sent: "b1", doubted: false });
      expect(first.keyAtMs).toBe(first.createdAtMs);
      await store.advance(1000);
      const { kind, record } = await ledger.claim(
        again({ attempt: "b", owner: "other", clientKey: "ck2", sent: "b2", newKeyAfter: "any" }),
      );
      expect(kind).toBe("won");
      expect(record).toMatchObject({
        id: first.id,
        occurrence: 1,
        state: "intent",
        epoch: 2,
        keyEpoch: 1,
        keyAtMs: first.keyAtMs,
        sent: "b1",
        doubted: true,
        clientKey: "ck",
        owner: "other",
        attempt: "b",
        reason: null,
        finishedAtMs: null,
      });
      expect(record.nonce).not.toBe(first.nonce);
      expect(await ledger.read(first.id)).toEqual(record);
    });

    it("is never won by who does not ask for it, or asks too late, or with other bytes", async () => {
      const { id } = await doubtful();
      await store.advance(100);
      for (const request of [
        call(),
        again({ redispatch: { withinMs: 100, sameBytes: false } }),
        again({ redispatch: { withinMs: 0, sameBytes: false } }),
        again({ redispatch: { withinMs: null, sameBytes: true }, sent: "b2" }),
      ]) {
        expect(await ledger.claim(request)).toMatchObject({ kind: "met", record: { id, state: "in-doubt" } });
      }
      const inTime = { withinMs: 3_600_000, sameBytes: true };
      expect(await ledger.claim(again({ redispatch: inTime }))).toMatchObject({
        kind: "won",
        record: { id },
      });
    });

    it("is not of a record whose bytes nobody knows, where they must be the same", async () => {
      const { sent: _none, ...unknown } = call();
      const first = await ledger.claim(unknown);
      await ledger.settle(first.record, { state: "in-doubt" });
      const same = again({ redispatch: { withinMs: null, sameBytes: true } });
      expect(await ledger.claim(same)).toMatchObject({ kind: "met", record: { sent: null } });
      expect(await ledger.claim(again())).toMatchObject({ kind: "won" });
    });

    it("counts from the first dispatch, not from a later one", async () => {
      await doubtful();
      const within = again({ redispatch: { withinMs: 2000, sameBytes: false } });
      await store.advance(1500);
      const second = await ledger.claim(within);
      expect(second.kind).toBe("won");
      await ledger.settle(second.record, { state: "in-doubt" });
      await store.advance(1500);
      expect(await ledger.claim(within)).toMatchObject({ kind: "met", record: { state: "in-doubt" } });
    });

    it("is found by occurrence, by count, by a later attempt and by client key alike", async () => {
      const ways: readonly (readonly [Partial<ClaimRequest>, Partial<ClaimRequest>])[] = [
        [{ occurrence: 1 }, { occurrence: 1 }],
        [{}, {}],
        [{}, { attempt: "b" }],
        [{ clientKey: "ck" }, { clientKey: "ck", run: "other" }],
      ];
      for (const [index, [first, retry]] of ways.entries()) {
        const { id } = await doubtful({ key: `key ${index}`, ...first, clientKeyScope: `scope ${index}` });
        const request = again({ key: `key ${index}`, ...retry, clientKeyScope: `scope ${index}` });
        expect(await ledger.claim(request)).toMatchObject({ kind: "won", record: { id, epoch: 2 } });
      }
    });

    it("ends a lease that ran out before it asks whether the effect may be sent again", async () => {
      const first = await win({ leaseMs: 50 });
      await store.advance(60);
      expect(await ledger.claim(again())).toMatchObject({ kind: "won", record: { id: first.id, epoch: 2 } });
    });

    it("is one: of many retries at once one wins, and the others meet it as it runs", async () => {
      const { id } = await doubtful({ run: null });
      const claimed = await Promise.all(Array.from({ length: 20 }, () => ledger.claim(again({ run: null }))));
      expect(claimed.filter(({ kind }) => kind === "won")).toHaveLength(1);
      expect(new Set(claimed.map(({ record }) => record.id))).toEqual(new Set([id]));
      // Nobody passes it over while it runs, whatever they would take for a retry.
      expect(await ledger.claim(call({ run: null }))).toMatchObject({
        kind: "met",
        record: { id, state: "intent" },
      });
    });

    it("ends the doubt by being executed, and the audit says so", async () => {
      await doubtful();
      const { record } = await ledger.claim(again());
      const { record: done } = await ledger.settle(record, { state: "done", answer: whole });
      expect(done).toMatchObject({ state: "done", doubted: false, epoch: 2, answer: whole });
      const facts = await ledger.facts(`tenant ${tenant}`, `operation:${record.id}`, "resolution");
      expect(facts.map(({ value }) => value)).toMatchObject([
        { epoch: 2, before: { state: "intent" }, after: { state: "done" } },
      ]);
    });

    it.each(["in-doubt", "declined", "not-sent"] as const)(
      "that ends as %s leaves the doubt as it was: it says nothing of the first",
      async (state) => {
        await doubtful();
        const { record } = await ledger.claim(again());
        const answer = { ...whole, status: 429 };
        const settled = await ledger.settle(record, { state, reason: "refused", answer });
        expect(settled).toMatchObject({
          applied: true,
          record: { state: "in-doubt", doubted: true, reason: "refused", answer, finishedAtMs: null },
        });
        expect(await ledger.claim(call())).toMatchObject({ kind: "met", record: { state: "in-doubt" } });
        expect(await ledger.claim(again())).toMatchObject({ kind: "won", record: { epoch: 3 } });
      },
    );

    it("is not ended as not done by its own late refusal, only by a human", async () => {
      await doubtful();
      const { record } = await ledger.claim(again());
      await ledger.settle(record, { state: "in-doubt" });
      const refusal = { ...whole, status: 404 };
      expect(await ledger.settle(record, { state: "declined", answer: refusal })).toMatchObject({
        applied: false,
        record: { state: "in-doubt", lateAnswer: refusal },
      });
      expect(await ledger.settle(record, { state: "resolved-not-done" })).toMatchObject({
        applied: true,
        record: { state: "resolved-not-done", doubted: false },
      });
      expect(await ledger.claim(call())).toMatchObject({ kind: "won", record: { doubted: false, epoch: 3 } });
    });

    it("fences the first: what it learns late is evidence, and changes nothing", async () => {
      const first = await doubtful();
      const { record } = await ledger.claim(again());
      expect(await ledger.settle(first, { state: "done", answer: whole })).toEqual({
        applied: false,
        record: { ...record, lateAnswer: whole },
      });
      expect(await ledger.renew(first, 1000)).toBe(false);
    });

    it("is in doubt again when its lease runs out or its owner dies", async () => {
      await doubtful();
      await ledger.claim(again({ leaseMs: 50 }));
      await store.advance(60);
      expect(await ledger.claim(call())).toMatchObject({
        kind: "met",
        record: { state: "in-doubt", doubted: true },
      });
    });

    it("is never of what was given up, resolved or done", async () => {
      for (const state of ["abandoned", "resolved-done", "done"] as const) {
        const record = await doubtful({ key: state });
        await ledger.settle(record, { state, ...(state === "done" ? { answer: whole } : {}) });
        expect(await ledger.claim(again({ key: state, occurrence: 1 }))).toMatchObject({
          kind: "met",
          record: { state },
        });
      }
    });

    it("takes a new key after a refusal that may be stored, and never goes back to the old one", async () => {
      const refusedWith = async (status: number): Promise<ClaimRecord> => {
        const record = await win({ newKeyAfter: [402] });
        await ledger.settle(record, { state: "declined", answer: { ...whole, status } });
        return record;
      };
      expect(await refusedWith(422)).toMatchObject({ epoch: 1, keyEpoch: 1 });
      expect(await refusedWith(402)).toMatchObject({ epoch: 2, keyEpoch: 1 });
      await store.advance(1000);
      const renewed = await refusedWith(422);
      expect(renewed).toMatchObject({ epoch: 3, keyEpoch: 3 });
      expect(renewed.keyAtMs).toBeGreaterThan(renewed.createdAtMs);
      expect(await refusedWith(402)).toMatchObject({ epoch: 4, keyEpoch: 3, keyAtMs: renewed.keyAtMs });
      expect(await win({ newKeyAfter: [402] })).toMatchObject({ epoch: 5, keyEpoch: 5 });
    });

    it("takes a new key after anything but what never left, where a service stores all errors", async () => {
      const settledAs = async (state: "declined" | "not-sent", newKeyAfter: "any"): Promise<ClaimRecord> => {
        const record = await win({ newKeyAfter });
        await ledger.settle(record, { state });
        return record;
      };
      expect(await settledAs("not-sent", "any")).toMatchObject({ epoch: 1, keyEpoch: 1 });
      expect(await settledAs("declined", "any")).toMatchObject({ epoch: 2, keyEpoch: 1 });
      expect(await win({ newKeyAfter: "any" })).toMatchObject({ epoch: 3, keyEpoch: 3 });
    });
  });
}
