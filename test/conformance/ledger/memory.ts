import { createHash, randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Fact } from "../../../src/exchange/fact.ts";
import { blobBytesMax, sealBytesMax, type Ledger } from "../../../src/ledger/ledger.ts";
import { effect, whole, win, type LedgerUnderTest, type OpenLedger } from "./requests.ts";

function about(kind: string, value: unknown): Omit<Fact, "sequence" | "atMs"> {
  return { tenant: "local", subject: "run:r", kind, value };
}

export function memoryPromises(open: OpenLedger): void {
  describe("facts, blobs and lists", () => {
    let store: LedgerUnderTest;
    let ledger: Ledger;
    beforeEach(async () => {
      store = await open();
      ledger = store.ledger;
    });
    afterEach(() => store.close());

    it("gives a subject's facts back in the order of appending, all kinds or one", async () => {
      const appended = await ledger.append([about("splice", 1), about("frontier", 2), about("splice", 3)]);
      await ledger.append([
        { ...about("splice", "theirs"), tenant: "t" },
        { ...about("splice", "other"), subject: "run:r2" },
      ]);
      await ledger.append([about("splice", 4)]);
      const values = (await ledger.facts("local", "run:r")).map((fact) => fact.value);
      expect(values).toEqual([1, 2, 3, 4]);
      const splices = await ledger.facts("local", "run:r", "splice");
      expect(splices.map((fact) => fact.value)).toEqual([1, 3, 4]);
      expect(splices[0]).toEqual(appended[0]);
      expect(appended.map((fact) => fact.sequence)).toEqual(
        appended.map((fact) => fact.sequence).sort((a, b) => a - b),
      );
    });

    it("keeps every JSON value and every name as it is", async () => {
      const name = fc.string({ unit: "grapheme", maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(name, name, name, fc.jsonValue(), async (tenant, subject, kind, value) => {
          const [fact] = await ledger.append([{ tenant, subject, kind, value }]);
          const found = await ledger.facts(tenant, subject, kind);
          expect(found.at(-1)).toEqual(fact);
          expect(found.at(-1)?.value).toEqual(JSON.parse(JSON.stringify(value)));
        }),
        { numRuns: 50 },
      );
    });

    it("appends all facts of a call or none", async () => {
      const good = { tenant: "local", subject: "run:r", kind: "splice", value: 1 };
      const bad = { ...good, kind: "half a pair \ud800" };
      await expect(ledger.append([good, bad])).rejects.toThrow("well-formed");
      expect(await ledger.facts("local", "run:r")).toEqual([]);
    });

    it("stores bytes by content, for each tenant alone", async () => {
      const bytes = randomBytes(blobBytesMax);
      const hash = await ledger.put("local", bytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      // A sealed store has addresses of its own.
      expect(hash).toBe(hash.startsWith("sealed-") ? hash : sha256);
      expect(await ledger.put("local", bytes)).toBe(hash);
      expect(Buffer.from((await ledger.get("local", hash)) ?? [])).toEqual(bytes);
      expect(await ledger.get("t", hash)).toBeNull();
      expect(await ledger.get("local", "none")).toBeNull();
    });

    it("stores bytes under an address that is given, and keeps what lies there already", async () => {
      const address = `sealed-${"ab".repeat(32)}`;
      const bytes = randomBytes(blobBytesMax + sealBytesMax);
      if ((await ledger.put("local", new Uint8Array())).startsWith("sealed-")) return;
      expect(await ledger.put("local", bytes, address)).toBe(address);
      expect(await ledger.put("local", Buffer.from("later"), address)).toBe(address);
      expect(Buffer.from((await ledger.get("local", address)) ?? [])).toEqual(bytes);
      expect(await ledger.get("t", address)).toBeNull();
      const tooMany = new Uint8Array(blobBytesMax + sealBytesMax + 1);
      await expect(ledger.put("local", tooMany, address)).rejects.toThrow(RangeError);
    });

    it("finds bytes by the address that was given, however they are kept", async () => {
      const bytes = randomBytes(1000);
      const kept = await ledger.put("local", bytes, "answer-1-1-0");
      for (const address of ["answer-1-1-0", kept]) {
        expect(Buffer.from((await ledger.get("local", address)) ?? [])).toEqual(bytes);
      }
      expect(await ledger.get("t", "answer-1-1-0")).toBeNull();
      expect(await ledger.get("local", "answer-1-1-1")).toBeNull();
    });

    it("leaves the caller's bytes alone, also where they are a view of more", async () => {
      const body = Buffer.from("before|the blob|after");
      const view = body.subarray(7, 15);
      const hash = await ledger.put("local", view);
      expect(Buffer.from((await ledger.get("local", hash)) ?? []).toString()).toBe("the blob");
      expect(body.toString()).toBe("before|the blob|after");
      const nothing = await ledger.put("local", new Uint8Array());
      expect((await ledger.get("local", nothing))?.byteLength).toBe(0);
    });

    it("refuses a blob, a fact and a detail that are too large", async () => {
      await expect(ledger.put("local", new Uint8Array(blobBytesMax + 1))).rejects.toThrow(RangeError);
      const long = "x".repeat(100_000);
      const fact = { tenant: "local", subject: "run:r", kind: "k", value: long };
      await expect(ledger.append([fact])).rejects.toThrow(RangeError);
      await expect(win(ledger, { detail: { long } })).rejects.toThrow(RangeError);
    });

    it("lists claims by what is asked for, the newest first", async () => {
      const one = await win(ledger);
      const two = await win(ledger, { key: "k2", run: "r2" });
      const three = await win(ledger, { key: "k3", kind: "turn" });
      await win(ledger, { tenant: "t" });
      await ledger.settle(two, { state: "in-doubt" });
      const ids = async (filter: object): Promise<readonly string[]> =>
        (await ledger.listClaims({ tenant: "local", limit: 10, ...filter })).map((record) => record.id);
      expect(await ids({})).toEqual([three.id, two.id, one.id]);
      expect(await ids({ limit: 2 })).toEqual([three.id, two.id]);
      expect(await ids({ kind: "turn" })).toEqual([three.id]);
      expect(await ids({ run: "r2" })).toEqual([two.id]);
      expect(await ids({ states: ["in-doubt", "abandoned"] })).toEqual([two.id]);
      expect(await ids({ states: [] })).toEqual([]);
    });

    it("lists what an attempt of a run has not asked for", async () => {
      const one = await win(ledger, { attempt: "first" });
      const two = await win(ledger, { attempt: "first", key: "k2", kind: "turn" });
      await win(ledger, { attempt: "first", run: "r2", key: "k9" });
      for (const record of [one, two]) await ledger.settle(record, { state: "done", answer: whole });
      const left = async (attempt: string | null): Promise<readonly string[]> => {
        const filter = { tenant: "local", run: "r", notAskedBy: { attempt }, limit: 10 };
        return (await ledger.listClaims(filter)).map((record) => record.id);
      };
      expect(await left("first")).toEqual([]);
      expect(await left("second")).toEqual([two.id, one.id]);
      expect((await ledger.claim(effect({ attempt: "second" }))).record.id).toBe(one.id);
      expect(await left("second")).toEqual([two.id]);
      expect(await left(null)).toEqual([two.id, one.id]);
      const three = await win(ledger, { attempt: "second", key: "k3" });
      expect(await left("second")).toEqual([two.id]);
      expect(await left("first")).toEqual([three.id]);
    });

    it("lists explicit runs with their claims and doubts, the latest first", async () => {
      const first = await win(ledger);
      await win(ledger);
      await win(ledger, { run: null, key: "k0" });
      await store.advance(1000);
      const doubtful = await win(ledger, { run: "r2", key: "k2" });
      await ledger.settle(doubtful, { state: "in-doubt" });
      await win(ledger, { tenant: "t", key: "k3" });
      expect(await ledger.listRuns({ tenant: "local", limit: 10 })).toMatchObject([
        { tenant: "local", run: "r2", claims: 1, inDoubt: 1 },
        { tenant: "local", run: "r", claims: 2, inDoubt: 0, firstAtMs: first.createdAtMs },
      ]);
      await store.advance(1000);
      await ledger.settle(first, { state: "done", answer: whole });
      const [latest] = await ledger.listRuns({ tenant: "local", limit: 1 });
      expect(latest?.run).toBe("r");
      expect(await ledger.listRuns({ limit: 10 })).toHaveLength(3);
    });

    it("is well, and says so", async () => {
      expect(await ledger.health()).toMatchObject({ ok: true });
      expect((await ledger.health()).sizeBytes).toBeGreaterThan(0);
    });

    it("refuses everything once it is closed", async () => {
      const record = await win(ledger);
      const waiting = ledger.wait(record.id, 60_000);
      const closing = store.close();
      await expect(waiting).rejects.toMatchObject({ code: "ledger_down" });
      await closing;
      await expect(win(ledger)).rejects.toMatchObject({ code: "ledger_down", status: 503 });
      await expect(ledger.markDelivered(record.id)).rejects.toMatchObject({ code: "ledger_down" });
      expect((await ledger.health()).ok).toBe(false);
    });
  });
}
