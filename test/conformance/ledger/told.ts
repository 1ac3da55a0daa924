import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fact } from "../../../src/exchange/fact.ts";
import { factKinds, subjectOfRun, toldKinds } from "../../../src/exchange/run-facts.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { win, type LedgerUnderTest, type OpenLedger } from "./requests.ts";

const dayMs = 24 * 60 * 60 * 1000;

type Unwritten = Omit<Fact, "sequence" | "atMs">;

function about(run: string, kind: string, value: unknown = {}, tenant = "local"): Unwritten {
  return { tenant, subject: subjectOfRun(run), kind, value };
}

function verdict(run: string, kind: string, done = "carried-out"): Unwritten {
  return about(run, factKinds.verdict, { verdict: kind, done, reason: "because" });
}

/** What is remembered of runs besides their operations: verdicts, exchanges, and that they were closed. */
export function toldPromises(open: OpenLedger): void {
  describe("what is told of runs", () => {
    let store: LedgerUnderTest;
    let ledger: Ledger;
    beforeEach(async () => {
      store = await open();
      ledger = store.ledger;
    });
    afterEach(() => store.close());

    it("gives facts in pages, in the order of appending", async () => {
      const appended = await ledger.append([1, 2, 3, 4, 5].map((value) => about("r", "k", value)));
      await ledger.append([about("r", "other", 6), about("r2", "k", 7)]);
      const page = async (afterSequence: number | undefined, limit: number, kind?: string) => {
        const from = afterSequence === undefined ? {} : { afterSequence };
        const facts = await ledger.facts("local", subjectOfRun("r"), kind, { ...from, limit });
        return facts.map(({ value }) => value);
      };
      expect(await page(undefined, 2)).toEqual([1, 2]);
      expect(await page(appended[1]?.sequence, 2)).toEqual([3, 4]);
      expect(await page(appended[3]?.sequence, 9)).toEqual([5, 6]);
      expect(await page(appended[3]?.sequence, 9, "k")).toEqual([5]);
      expect(await page(undefined, 0)).toEqual([]);
      expect(await ledger.facts("local", subjectOfRun("r"))).toHaveLength(6);
    });

    it("lists runs of which there are facts alone, with what was decided in them", async () => {
      await ledger.append([
        verdict("r1", "block"),
        verdict("r1", "rewrite"),
        verdict("r1", "rewrite", "only-reported"),
        about("r1", factKinds.exchange, { verdict: "no verdict of this kind" }),
      ]);
      await store.advance(1000);
      await win(ledger, { run: "r2" });
      await ledger.append([
        { ...about("", "k"), subject: "conversation:r3" },
        { ...about("", "k"), subject: "tenant" },
        { ...about("", "k"), subject: "runs:r4" },
      ]);
      const none = { verdicts: {}, reported: 0, closedAtMs: null };
      const [r2, r1, ...rest] = await ledger.listRuns({ limit: 10 });
      expect(rest).toEqual([]);
      expect(r1).toMatchObject({ tenant: "local", run: "r1", claims: 0, inDoubt: 0, closedAtMs: null });
      expect(r1).toMatchObject({ verdicts: { block: 1, rewrite: 2 }, reported: 1 });
      expect(r2).toMatchObject({ run: "r2", claims: 1, ...none });
    });

    it("counts verdicts whatever else they say", async () => {
      const reasons = ["a NUL \0", "half a pair \ud83d", "\\u0000 and \\\\u0000 as text", 'quote " \\'];
      await ledger.append(
        reasons.map((reason) =>
          about("r", factKinds.verdict, { verdict: "block", done: "only-reported", reason }),
        ),
      );
      expect(await ledger.listRuns({ limit: 10 })).toMatchObject([{ verdicts: { block: 4 }, reported: 4 }]);
    });

    it("joins what claims and facts know of one run, and tells runs and tenants apart", async () => {
      const claimed = await win(ledger, { run: "r:1" });
      await store.advance(1000);
      const [fact] = await ledger.append([
        verdict("r:1", "block"),
        about("r:1", "k", {}, "t"),
        about("r:12", "k"),
        about("r", "k"),
      ]);
      const rows = await ledger.listRuns({ tenant: "local", run: "r:1", limit: 10 });
      expect(rows).toHaveLength(1);
      expect(rows).toMatchObject([
        { run: "r:1", claims: 1, verdicts: { block: 1 }, firstAtMs: claimed.createdAtMs },
      ]);
      expect(rows[0]?.lastAtMs).toBe(fact?.atMs);
      expect(await ledger.listRuns({ run: "r:1", limit: 10 })).toHaveLength(2);
      expect(await ledger.listRuns({ run: "none", limit: 10 })).toEqual([]);
      expect(await ledger.listRuns({ limit: 2 })).toHaveLength(2);
    });

    it("says since when a run is closed: the first time counts", async () => {
      await win(ledger, { run: "r1" });
      const [first] = await ledger.append([about("r1", factKinds.runClosed, { by: "ann", reason: null })]);
      await store.advance(1000);
      await ledger.append([about("r1", factKinds.runClosed, { by: "bob", reason: null })]);
      const [row] = await ledger.listRuns({ limit: 10 });
      expect(row).toMatchObject({ run: "r1", closedAtMs: first?.atMs });
    });

    it("lets what is only told leave by its own age, and all else together", async () => {
      const all = [...toldKinds, "usage"];
      await ledger.append(all.map((kind) => about("r", kind, "old")));
      await store.advance(5 * dayMs);
      await ledger.append(all.map((kind) => about("r", kind, "new")));
      await store.advance(3 * dayMs);
      await ledger.sweep();
      const left = (await ledger.facts("local", subjectOfRun("r"))).map(({ kind, value }) => [kind, value]);
      expect(left).toEqual([["usage", "old"], ...all.map((kind) => [kind, "new"])]);
      await store.advance(5 * dayMs);
      await ledger.sweep();
      expect(await ledger.facts("local", subjectOfRun("r"))).toEqual([]);
      expect(await ledger.listRuns({ limit: 10 })).toEqual([]);
    });

    it("shows an operator's closing to the gateway, and the gateway's verdicts to the operator", async () => {
      const operator = await store.beside();
      await ledger.append([verdict("r", "block")]);
      expect(await operator.listRuns({ limit: 10 })).toMatchObject([{ run: "r", verdicts: { block: 1 } }]);
      await operator.append([about("r", factKinds.runClosed, { by: "ann", reason: "over" })]);
      const [closed] = await ledger.facts("local", subjectOfRun("r"), factKinds.runClosed);
      expect(closed?.value).toEqual({ by: "ann", reason: "over" });
    });
  });
}
