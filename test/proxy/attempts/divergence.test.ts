import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRecord, Ledger } from "../../../src/ledger/ledger.ts";
import { Divergences } from "../../../src/proxy/attempts/divergence.ts";
import type { RecordedRequests, TurnContent } from "../../../src/proxy/turns/recorded-requests.ts";
import { recordedLog } from "../support/recorded-log.ts";
import { type Agent, type Site, startSite } from "./agent.ts";

let site: Site;
beforeEach(async () => {
  site = await startSite({});
});
afterEach(() => site.close());

/** What the log tells of attempts that went another way. */
const told = (): readonly Readonly<Record<string, unknown>>[] =>
  site.gateway.logged
    .filter(({ what }) => what === "an attempt asks for another turn than the one before")
    .map(({ fields }) => fields);

/** The same once everything about the run's turns is written: before that no effect is. */
async function toldAtLast(): Promise<ReturnType<typeof told>> {
  await begin("z").pay(1000);
  return told();
}

const begin = (attempt: string, more: { task?: string; model?: string } = {}): Agent =>
  site.begin({ attempt, ...more });

describe("an attempt that goes another way than the one before", () => {
  it("is not one that goes on where the one before stopped", async () => {
    await begin("a").work(3);
    await begin("b").work(5);
    await begin("c").work(6);
    expect(site.counts()).toEqual([6, 6]);
    expect(await toldAtLast()).toEqual([]);
  });

  it("is told of with the first message that differs, and asks the model", async () => {
    await begin("a").work(3);
    const other = begin("b");
    await other.work(1);
    other.hear("Be quick.");
    expect((await other.turn()).replayed).toBe(false);
    await expect.poll(told).toMatchObject([{ run: "r", attempt: "b", message: 4, parameters: [] }]);
    // What follows is a part of the same.
    other.hear("Go on.");
    await other.turn();
    expect(await toldAtLast()).toHaveLength(1);
  });

  it("is told of where it begins otherwise, or says something else than its messages", async () => {
    await begin("a").work(2);
    await begin("b", { task: "Pay none of them." }).turn();
    await begin("c", { model: "gpt-4.1" }).turn();
    await expect.poll(told).toMatchObject([
      { attempt: "b", message: 1, parameters: [] },
      { attempt: "c", message: null, parameters: ["model"] },
    ]);
  });

  it("is not one that begins what the one before did not come to, or asks for one more sample", async () => {
    await begin("a").work(1);
    const again = begin("b");
    await again.work(1);
    await begin("b", { task: "Look at the books." }).work(1);
    expect((await begin("b").turn()).replayed).toBe(false);
    await begin("c").work(3);
    const other = begin("d");
    await other.work(1);
    const sample = other.fork();
    expect((await other.turn()).replayed).toBe(true);
    expect((await sample.turn()).replayed).toBe(false);
    expect(await toldAtLast()).toEqual([]);
  });

  it("matches branches by what they say, in whatever order they come", async () => {
    const tasks = ["Read the mail.", "Pay the bills."] as const;
    for (const task of tasks) await begin("a", { task }).work(3);
    const branches = tasks.toReversed().map((task) => begin("b", { task }));
    for (let step = 1; step <= 3; step++) {
      for (const branch of branches) expect(await branch.work(1, step)).toMatchObject([{ replayed: true }]);
    }
    for (const branch of branches) expect((await branch.turn()).replayed).toBe(false);
    expect(await toldAtLast()).toEqual([]);
  });

  it("matches branches that begin with the same turn, also while only one goes on", async () => {
    const branchesOf = async (attempt: string): Promise<readonly Agent[]> => {
      const trunk = begin(attempt);
      await trunk.work(2);
      const branches = [trunk, trunk.fork()];
      for (const [at, branch] of branches.entries()) branch.hear(`You are branch ${at}.`);
      return branches;
    };
    for (const branch of await branchesOf("a")) await branch.work(2, 3);
    const [one, two] = await branchesOf("b");
    await one?.work(3, 3);
    await two?.work(3, 3);
    expect(await toldAtLast()).toEqual([]);
  });

  it("is found also where the gateway was started anew, and by long conversations", async () => {
    await begin("a").work(8);
    site.gateway = await site.gateway.restart();
    await begin("b").work(9);
    site.gateway = await site.gateway.restart();
    const other = begin("c");
    await other.work(6);
    other.hear("Be quick.");
    await other.turn();
    await expect.poll(told).toMatchObject([{ attempt: "c", message: 14 }]);
  });
});

describe("an attempt that has no other beside it", () => {
  const record = { id: "1", stage: null } as ClaimRecord;
  const content = {
    meant: { path: "/", parameters: [], messages: [] },
    links: ["a"],
  } as unknown as TurnContent;
  const callerOf = (attempt: string | null) => ({
    tenant: "t",
    run: { id: "r", stage: null, attempt },
    agent: null,
  });

  it("is asked about once, and another one of its run anew", async () => {
    let asked = 0;
    const ledger = { listClaims: () => Promise.resolve((asked++, [])) } as unknown as Ledger;
    const divergences = new Divergences(ledger, {} as RecordedRequests, recordedLog().log);
    await divergences.note(callerOf("a"), record, content, "x");
    expect(divergences.note(callerOf("a"), record, content, "x")).toBeNull();
    expect(asked).toBe(1);
    await divergences.note(callerOf("b"), record, content, "x");
    expect(asked).toBe(2);
  });

  it("is not asked about where its run began with it", async () => {
    let asked = 0;
    const ledger = { listClaims: () => Promise.resolve((asked++, [])) } as unknown as Ledger;
    const divergences = new Divergences(ledger, {} as RecordedRequests, recordedLog().log);
    divergences.began(callerOf("a"));
    expect(divergences.note(callerOf("a"), record, content, "x")).toBeNull();
    await divergences.note(callerOf("b"), record, content, "x");
    expect(asked).toBe(1);
  });

  it("is asked about again where the ledger could not say, which the log tells", async () => {
    const down = { listClaims: () => Promise.reject(new Error("down")) } as unknown as Ledger;
    const { log, entries } = recordedLog();
    const divergences = new Divergences(down, {} as RecordedRequests, log);
    await divergences.note(callerOf("a"), record, content, "x");
    expect(divergences.note(callerOf("a"), record, content, "x")).not.toBeNull();
    expect(entries[0]).toMatchObject({ level: "warn" });
  });
});
