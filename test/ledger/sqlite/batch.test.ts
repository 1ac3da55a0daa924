import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runBatch, type Ask } from "../../../src/ledger/sqlite/batch.ts";
import { Connection } from "../../../src/ledger/sqlite/connection.ts";
import type { OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { ask, claimAsk } from "./asking.ts";
import { storeUnderTest } from "./under-test.ts";

const fact = { tenant: "local", subject: "run:r", kind: "k", json: "1" };

function blob(size: number): Ask {
  return ask("put", { tenant: "local", bytes: new Uint8Array(size).fill(7) });
}

describe("a batch", () => {
  let open: OpenStore;
  beforeEach(() => {
    open = storeUnderTest();
  });
  afterEach(() => open.close());

  function limitPages(spare: number): void {
    const pages = Number(open.store.connection.pragma("page_count"));
    open.store.connection.exec(`PRAGMA max_page_count = ${pages + spare}`);
  }
  function unlimitPages(): void {
    open.store.connection.exec("PRAGMA max_page_count = 1000000");
  }

  it("commits all that waits with one flush, and answers each in order", () => {
    const asks = Array.from({ length: 50 }, (_, index) => ask("claim", claimAsk({ key: `k${index}` })));
    const replies = runBatch(open.store, asks);
    expect(replies.map((reply) => reply.seq)).toEqual(asks.map((each) => each.seq));
    expect(replies.every((reply) => "answer" in reply)).toBe(true);
    expect(open.store.condition).toMatchObject({ commits: 1, writes: 50, failure: null });
  });

  it("flushes nothing where all only read", () => {
    const [reply] = runBatch(open.store, [ask("read", "none")]);
    expect(reply).toMatchObject({ answer: null });
    expect(open.store.condition.commits).toBe(0);
  });

  it("shows a reading question what the questions before it wrote", () => {
    const claim = claimAsk();
    const [, read] = runBatch(open.store, [ask("claim", claim), ask("read", claim.id)]);
    expect(read).toMatchObject({ answer: { id: claim.id } });
  });

  it("keeps the neighbours of a failing question, and nothing of itself", () => {
    const taken = claimAsk({ key: "one" });
    const replies = runBatch(open.store, [
      ask("claim", taken),
      // The same id again: the insert fails, after the facts of the same question were written.
      ask("claim", { ...claimAsk({ key: "two" }), id: taken.id }),
      ask("append", [fact]),
      ask("append", [fact, { ...fact, json: null as unknown as string }]),
    ]);
    expect(replies.map((reply) => "answer" in reply)).toEqual([true, false, true, false]);
    expect(replies[1]).toMatchObject({
      failure: { code: "internal", cause: expect.stringMatching(/UNIQUE/) },
    });
    expect(open.store.connection.number("select count(*) from claims")).toBe(1);
    expect(open.store.connection.number("select count(*) from facts")).toBe(1);
  });

  it("lets on a full disk whoever still fits alone, refuses the rest, and recovers", () => {
    limitPages(4);
    const replies = runBatch(open.store, [
      ask("append", [fact]),
      blob(200_000),
      ask("claim", claimAsk()),
      ask("facts", { tenant: "local", subject: "run:r", kind: undefined }),
    ]);
    expect(replies.map((reply) => "answer" in reply)).toEqual([true, false, true, true]);
    expect(replies[1]).toMatchObject({
      failure: { code: "ledger_down", sentence: expect.stringMatching(/full/) },
    });
    expect(replies[3]).toMatchObject({ answer: [{ value: 1 }] });
    expect(open.store.connection.number("select count(*) from blobs")).toBe(0);

    unlimitPages();
    expect(runBatch(open.store, [blob(200_000)])[0]).toHaveProperty("answer");
    expect(open.store.connection.pragma("integrity_check")).toBe("ok");
  });

  it("remembers why nothing could be written until something is", () => {
    limitPages(0);
    runBatch(open.store, [blob(200_000)]);
    expect(open.store.condition.failure).toMatch(/full/);
    unlimitPages();
    runBatch(open.store, [ask("append", [fact])]);
    expect(open.store.condition.failure).toBeNull();
  });

  it("refuses writes, and still reads, while another process does not let go", () => {
    open.store.connection.exec("PRAGMA busy_timeout = 1");
    const other = new Connection(open.store.connection.file);
    other.exec("BEGIN IMMEDIATE");
    const locked = runBatch(open.store, [ask("append", [fact]), ask("read", "none")]);
    expect(locked).toMatchObject([
      { failure: { code: "ledger_down", sentence: expect.stringMatching(/locked/) } },
      { answer: null },
    ]);
    other.close();
    expect(runBatch(open.store, [ask("append", [fact])])[0]).toHaveProperty("answer");
  });

  it("is refused where SQLite no longer flushes its commits", () => {
    open.store.connection.exec("PRAGMA synchronous = NORMAL");
    expect(runBatch(open.store, [ask("append", [fact])])).toMatchObject([
      { failure: { code: "ledger_down", sentence: expect.stringMatching(/not durable/) } },
    ]);
  });
});
