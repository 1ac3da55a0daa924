import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { SqliteLedger } from "../../../src/ledger/sqlite/client.ts";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import { effect, whole, win } from "../../conformance/ledger/requests.ts";
import { ledgerFolder, portsOf, sqliteUnderTest, type SqliteUnderTest } from "./under-test.ts";

describe("the ledger on the main thread", () => {
  let store: SqliteUnderTest;
  beforeEach(async () => {
    store = await sqliteUnderTest();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await store.close();
  });

  it("commits together what is asked together", async () => {
    const { ledger } = store;
    const before = await ledger.health();
    await Promise.all(Array.from({ length: 200 }, (_, index) => ledger.claim(effect({ key: `k${index}` }))));
    const after = await ledger.health();
    expect(after.writes - before.writes).toBe(200);
    // The first go ahead, and the rest gather while they are flushed.
    expect(after.commits - before.commits).toBeLessThan(8);
  });

  it("commits an outcome and the body that it names together", async () => {
    const { ledger } = store;
    const record = await win(ledger);
    const before = await ledger.health();
    const answer = { ...whole, body: ["answer-1"] };
    await Promise.all([
      ledger.put("local", Buffer.from("{}"), "answer-1"),
      ledger.settle(record, { state: "done", answer }),
    ]);
    expect((await ledger.health()).commits - before.commits).toBe(1);
  });

  it("gives the record as it ended, also where it was changed while it ran", async () => {
    const { ledger } = store;
    const plain = await win(ledger, { key: "plain" });
    const ended = await ledger.settle(plain, { state: "done", answer: whole });
    expect(ended).toEqual({ applied: true, record: await ledger.read(plain.id) });

    const renewed = await win(ledger, { key: "renewed" });
    await ledger.renew(renewed, 90_000);
    const endedLater = await ledger.settle(renewed, { state: "done", answer: whole });
    expect(endedLater).toEqual({ applied: true, record: await ledger.read(renewed.id) });
    expect(endedLater.record.leaseUntilMs).not.toBe(renewed.leaseUntilMs);

    // Somebody whose fence is old has an answer too, which the record keeps before it ends.
    const late = await win(ledger, { key: "late" });
    const [, endedBeside] = await Promise.all([
      ledger.settle({ ...late, nonce: "another" }, { state: "done", answer: whole }),
      ledger.settle(late, { state: "done", answer: { ...whole, status: 201 } }),
    ]);
    expect(endedBeside).toEqual({ applied: true, record: await ledger.read(late.id) });
    expect(endedBeside.record.lateAnswer).toEqual(whole);
  });

  it("carries delivery marks in a commit that happens anyway", async () => {
    const { ledger } = store;
    const record = await win(ledger);
    await ledger.settle(record, { state: "done", answer: whole });
    const before = await ledger.health();
    await ledger.markDelivered(record.id);
    expect((await ledger.health()).commits).toBe(before.commits);
    await ledger.claim(effect({ key: "next" }));
    const after = await ledger.health();
    expect([after.commits - before.commits, after.writes - before.writes]).toEqual([1, 2]);
    expect((await ledger.read(record.id))?.delivered).toBe(true);
  });

  it("writes delivery marks at the latest when it closes", async () => {
    const record = await win(store.ledger);
    await store.ledger.settle(record, { state: "done", answer: whole });
    await store.ledger.markDelivered(record.id);
    await store.restart();
    expect((await store.ledger.read(record.id))?.delivered).toBe(true);
  });

  it("says in the operator's log what was found at the opening", async () => {
    await win(store.ledger);
    await store.restart();
    expect(store.reports).toContain("Operations that a stopped gateway left running are in doubt now: 1.");
  });

  it("rejects with the sentence and remedy of an opening that failed", async () => {
    const opening = SqliteLedger.open(sqliteLimits({ file: store.file }), portsOf("gateway", Date.now));
    await expect(opening).rejects.toBeInstanceOf(LongstopError);
    await expect(opening).rejects.toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/Another gateway/),
    });
  });

  it("sweeps in as many steps as it takes, and counts them all", async () => {
    const { ledger } = store;
    await Promise.all(
      Array.from({ length: 250 }, (_, index) => ledger.put("local", Buffer.from(`${index}`))),
    );
    await win(ledger);
    await store.advance(8 * 24 * 60 * 60 * 1000);
    expect(await ledger.sweep()).toEqual({ doubted: 1, expired: 250 });
  });

  it("wakes who waits without its polling, on a settlement and on a sweep", async () => {
    const { ledger } = store;
    const settled = await win(ledger);
    const overdue = await win(ledger, { key: "overdue", leaseMs: 50 });
    // Timers stand still: only a wake-up in this process can end the waiting.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const waiting = [ledger.wait(settled.id, 60_000), ledger.wait(overdue.id, 60_000)];
    await ledger.settle(settled, { state: "done" });
    await store.advance(60);
    await ledger.sweep();
    expect(await Promise.all(waiting)).toMatchObject([{ state: "done" }, { state: "in-doubt" }]);
    vi.useRealTimers();
  });

  it("closes once, whoever asks for it", async () => {
    await Promise.all([store.ledger.close(), store.ledger.close()]);
    await store.ledger.close();
    expect((await store.ledger.health()).ok).toBe(false);
  });
});

it("refuses new work over its size, ends what runs, and is well again after a sweep", async () => {
  const store = await sqliteUnderTest({ sizeBytesMax: 2 * 1024 * 1024 });
  const { ledger } = store;
  const running = await win(ledger);
  const puts = Array.from({ length: 20 }, (_, each) =>
    ledger.put("local", new Uint8Array(250_000).fill(each)),
  );
  const results = await Promise.allSettled(puts);
  expect(results.some((result) => result.status === "rejected")).toBe(true);
  await expect(win(ledger, { key: "new" })).rejects.toMatchObject({
    code: "ledger_down",
    status: 503,
    message: expect.stringMatching(/Raise ledger\.sizeBytesMax/),
  });
  expect(await ledger.settle(running, { state: "done", answer: whole })).toMatchObject({ applied: true });
  expect((await ledger.health()).ok).toBe(false);

  await store.advance(8 * 24 * 60 * 60 * 1000);
  await ledger.sweep();
  expect((await ledger.health()).ok).toBe(true);
  expect(await win(ledger, { key: "new" })).toMatchObject({ state: "intent" });
  await store.close();
});

it("sees in one process what another one wrote, without asking twice", async () => {
  const folder = ledgerFolder();
  const limits = sqliteLimits({ file: folder.file });
  const gateway = await SqliteLedger.open(limits, portsOf("gateway", Date.now));
  const operator = await SqliteLedger.open(limits, portsOf("operator", Date.now));
  for (const key of ["a", "b", "c"]) {
    const record = await win(gateway, { key });
    expect(await operator.read(record.id)).toEqual(record);
    await operator.settle(record, { state: "in-doubt" });
    expect((await gateway.read(record.id))?.state).toBe("in-doubt");
  }
  await operator.close();
  await gateway.close();
  folder.remove();
});
