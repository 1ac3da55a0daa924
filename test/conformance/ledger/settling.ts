import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type {
  ClaimRecord,
  ClaimRequest,
  ClaimState,
  Ledger,
  RecordedAnswer,
} from "../../../src/ledger/ledger.ts";
import { cut, effect, whole, win as winOf, type LedgerUnderTest, type OpenLedger } from "./requests.ts";

const states: readonly ClaimState[] = [
  "intent",
  "done",
  "declined",
  "not-sent",
  "in-doubt",
  "resolved-done",
  "resolved-not-done",
  "abandoned",
];

/** From each state: what may be settled, and what it then is. Everything else must be refused. */
const ways: Readonly<Record<ClaimState, Readonly<Partial<Record<ClaimState, ClaimState>>>>> = {
  intent: { done: "done", declined: "declined", "not-sent": "not-sent", "in-doubt": "in-doubt" },
  done: {},
  declined: {},
  "not-sent": {},
  "in-doubt": {
    done: "done",
    declined: "resolved-not-done",
    "not-sent": "resolved-not-done",
    "resolved-done": "resolved-done",
    "resolved-not-done": "resolved-not-done",
    abandoned: "abandoned",
  },
  "resolved-done": {},
  "resolved-not-done": {},
  abandoned: {},
};

const evidence: RecordedAnswer = { ...whole, status: 409 };

export function settlePromises(open: OpenLedger): void {
  describe("settling", () => {
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

    async function recordIn(state: ClaimState, key = "pay"): Promise<ClaimRecord> {
      const record = await win({ key });
      const isBehindDoubt = state.startsWith("resolved") || state === "abandoned";
      if (isBehindDoubt) await ledger.settle(record, { state: "in-doubt" });
      if (state !== "intent")
        await ledger.settle(record, { state, ...(state === "done" ? { answer: whole } : {}) });
      const now = await ledger.read(record.id);
      if (now?.state !== state) throw new Error(`not in ${state} but ${now?.state}`);
      return now;
    }

    it.each(states)(
      "takes from %s only the ways of the table, and else keeps an answer as evidence",
      async (from) => {
        for (const settled of states) {
          const record = await recordIn(from, settled);
          const result = await ledger.settle(record, { state: settled, answer: evidence });
          const to = ways[from][settled];
          expect(result.applied, `${from} -> ${settled}`).toBe(to !== undefined);
          expect(result.record).toMatchObject(
            to === undefined
              ? { state: from, answer: record.answer, lateAnswer: evidence }
              : { state: to, answer: evidence, lateAnswer: null },
          );
          expect(await ledger.read(record.id)).toEqual(result.record);
        }
      },
    );

    it("says more of an answer that was cut, never less of a whole one", async () => {
      const record = await win();
      expect(await ledger.settle(record, { state: "done", answer: cut })).toMatchObject({ applied: true });
      const longer = { ...cut, body: ["a1"] };
      expect(await ledger.settle(record, { state: "done", answer: longer })).toMatchObject({
        applied: true,
        record: { answer: longer },
      });
      expect(await ledger.settle(record, { state: "done", answer: whole })).toMatchObject({
        applied: true,
        record: { answer: whole },
      });
      expect(await ledger.settle(record, { state: "done", answer: cut })).toMatchObject({
        applied: false,
        record: { answer: whole, lateAnswer: cut },
      });
    });

    it("takes the same settlement twice: whoever did not hear of the first sends it again", async () => {
      const record = await win();
      const first = await ledger.settle(record, { state: "done", answer: whole });
      await store.advance(1000);
      expect(await ledger.settle(record, { state: "done", answer: whole })).toEqual(first);
    });

    it("keeps an answer with an old fence as evidence, and changes nothing else", async () => {
      const old = await win();
      await ledger.settle(old, { state: "declined" });
      const current = await win();
      expect(current).toMatchObject({ id: old.id, epoch: 2 });
      const late = await ledger.settle(old, { state: "done", answer: whole });
      expect(late).toEqual({ applied: false, record: { ...current, lateAnswer: whole } });
      expect(await ledger.settle({ ...current, nonce: old.nonce }, { state: "done" })).toMatchObject({
        applied: false,
        record: { state: "intent" },
      });
      expect(await ledger.renew(old, 1000)).toBe(false);
      expect(await ledger.renew(current, 1000)).toBe(true);
    });

    it("audits how each doubt ended: when, why, from what to what", async () => {
      const record = await win();
      await ledger.settle(record, { state: "in-doubt", reason: "no answer came" });
      await ledger.settle(record, { state: "resolved-not-done", reason: "ann asked the bank" });
      const [fact, ...others] = await ledger.facts(
        `tenant ${tenant}`,
        `operation:${record.id}`,
        "resolution",
      );
      expect(others).toEqual([]);
      expect(fact?.value).toEqual({
        operation: record.id,
        epoch: 1,
        before: { state: "in-doubt", reason: "no answer came" },
        after: { state: "resolved-not-done", reason: "ann asked the bank" },
      });
      expect(fact?.atMs).toBeGreaterThan(0);
    });

    it("does not pass the evidence of a doubt off as the answer of what was done", async () => {
      const record = await win();
      await ledger.settle(record, { state: "in-doubt", answer: { ...whole, status: 502 } });
      expect((await ledger.read(record.id))?.answer?.status).toBe(502);
      const { record: resolved } = await ledger.settle(record, { state: "resolved-done", reason: "seen" });
      expect(resolved).toMatchObject({ answer: null, reason: "seen", delivered: false });
    });

    it("does not pass an earlier refusal off as evidence of a later doubt", async () => {
      const refused = await win();
      await ledger.settle(refused, { state: "declined", answer: { ...whole, status: 402 } });
      const again = await win({ leaseMs: 50 });
      expect(again.answer?.status).toBe(402);
      expect(await ledger.settle(again, { state: "in-doubt" })).toMatchObject({ record: { answer: null } });

      const other = await win({ key: "other" });
      await ledger.settle(other, { state: "declined", answer: { ...whole, status: 402 } });
      await win({ key: "other", leaseMs: 50 });
      await store.advance(60);
      expect(await ledger.claim(call({ key: "other" }))).toMatchObject({
        kind: "met",
        record: { state: "in-doubt", answer: null },
      });
    });

    it("claims again what was resolved as not done, under the same id", async () => {
      const record = await win();
      await ledger.settle(record, { state: "in-doubt" });
      await ledger.settle(record, { state: "resolved-not-done" });
      expect(await ledger.claim(call())).toMatchObject({
        kind: "won",
        record: { id: record.id, epoch: 2 },
      });
    });

    it("marks as delivered only what has ended", async () => {
      const record = await win();
      await ledger.markDelivered(record.id);
      expect((await ledger.read(record.id))?.delivered).toBe(false);
      await ledger.settle(record, { state: "done", answer: whole });
      await ledger.markDelivered(record.id);
      expect((await ledger.read(record.id))?.delivered).toBe(true);
    });

    it("says when an operation ended, and of a doubt that it has not", async () => {
      const record = await win();
      await store.advance(5);
      const doubt = await ledger.settle(record, { state: "in-doubt" });
      expect(doubt.record.finishedAtMs).toBeNull();
      await store.advance(5);
      const { record: ended } = await ledger.settle(record, { state: "done", answer: whole });
      expect(ended.finishedAtMs).toBeGreaterThan(record.createdAtMs);
    });

    it("rejects a settlement of an operation that is not there", async () => {
      await expect(ledger.settle({ id: "none", epoch: 1, nonce: "n" }, { state: "done" })).rejects.toThrow(
        "Operation none is not in the ledger.",
      );
    });
  });
}
