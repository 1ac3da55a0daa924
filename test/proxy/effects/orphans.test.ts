import { describe, expect, it } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { Orphans } from "../../../src/proxy/effects/orphans.ts";

describe("operations that run on although their client is gone", () => {
  it("are found by tenant and key for as long as they run", async () => {
    const orphans = new Orphans(systemClock);
    expect(await orphans.find("local", "k")).toBeUndefined();
    orphans.begin("local", "k", 3);
    orphans.leave("local", "k", 3);
    expect(await orphans.find("local", "k")).toBe(3);
    expect(await orphans.find("local", "other")).toBeUndefined();
    expect(await orphans.find("another", "k")).toBeUndefined();
    orphans.end("local", "k", 3);
    expect(await orphans.find("local", "k")).toBeUndefined();
  });

  it("are found although their client's leaving is noticed after the retry came", async () => {
    const orphans = new Orphans(systemClock);
    orphans.begin("local", "k", 1);
    const found = orphans.find("local", "k");
    orphans.leave("local", "k", 1);
    expect(await found).toBe(1);
  });

  it("are found although the retry came while the claim was still being written", async () => {
    const orphans = new Orphans(systemClock);
    const written = Promise.withResolvers<number>();
    const first = orphans.claiming("local", "k", written.promise);
    const found = orphans.find("local", "k");
    written.resolve(4);
    const occurrence = await first;
    orphans.begin("local", "k", occurrence);
    orphans.leave("local", "k", occurrence);
    expect(await found).toBe(4);
  });

  it("are none where the claim could not be written", async () => {
    const orphans = new Orphans(systemClock);
    const refused = orphans.claiming("local", "k", Promise.reject(new Error("the ledger is down")));
    const found = orphans.find("local", "k");
    await expect(refused).rejects.toThrow("the ledger is down");
    expect(await found).toBeUndefined();
  });

  it("are none while their clients wait", async () => {
    const orphans = new Orphans(systemClock);
    orphans.begin("local", "k", 1);
    expect(await orphans.find("local", "k")).toBeUndefined();
  });

  it("are all kept where several are equal: the end of one hides no other", async () => {
    const orphans = new Orphans(systemClock);
    for (const occurrence of [1, 2]) {
      orphans.begin("local", "k", occurrence);
      orphans.leave("local", "k", occurrence);
    }
    expect(await orphans.find("local", "k")).toBe(1);
    orphans.end("local", "k", 1);
    orphans.end("local", "k", 1);
    expect(await orphans.find("local", "k")).toBe(2);
    orphans.end("local", "k", 2);
    expect(await orphans.find("local", "k")).toBeUndefined();
  });

  it("that have ended can no longer be left, and what is not known can end", async () => {
    const orphans = new Orphans(systemClock);
    orphans.end("local", "k", 1);
    orphans.begin("local", "k", 2);
    orphans.end("local", "k", 2);
    orphans.leave("local", "k", 2);
    expect(await orphans.find("local", "k")).toBeUndefined();
  });

  it("are none while their client is there, nor once it has its answer", async () => {
    const orphans = new Orphans(systemClock);
    const record = { id: "op", epoch: 1, tenant: "local", run: null, key: "k", occurrence: 1 } as ClaimRecord;
    expect(orphans.hasItsClient(record)).toBe(false);
    orphans.begin("local", "k", 1);
    expect(orphans.hasItsClient(record)).toBe(true);
    orphans.leave("local", "k", 1);
    expect(orphans.hasItsClient(record)).toBe(false);
    orphans.handOver(record);
    orphans.end("local", "k", 1);
    expect(orphans.hasItsClient(record)).toBe(true);
    // What one attempt was handed, another one was not.
    expect(orphans.hasItsClient(record, "b")).toBe(false);
    // Refused before, and executed now: who got the refusal did not get this answer.
    expect(orphans.hasItsClient({ ...record, epoch: 2 })).toBe(false);
  });
});
