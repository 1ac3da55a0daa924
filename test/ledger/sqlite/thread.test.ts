import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import { SharedBytes } from "../../../src/ledger/sqlite/shared-bytes.ts";
import { asksWaitingMax, bytesWaitingMax, LedgerThread } from "../../../src/ledger/sqlite/thread.ts";
import { ledgerFolder, portsOf } from "./under-test.ts";

function put(thread: LedgerThread, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return thread.ask("put", { tenant: "local", bytes }, bytes);
}

describe("the line to the worker", () => {
  let folder: ReturnType<typeof ledgerFolder>;
  let thread: LedgerThread;
  beforeEach(async () => {
    folder = ledgerFolder();
    thread = await LedgerThread.start(
      sqliteLimits({ file: folder.file }),
      portsOf("gateway", () => 1000),
    );
  });
  afterEach(async () => {
    await thread.close();
    folder.remove();
  });

  it("answers what was asked before it was closed", async () => {
    const facts = [{ tenant: "local", subject: "run:r", kind: "k", json: "1" }];
    const appended = thread.ask("append", facts);
    const closed = thread.close();
    expect(await appended).toMatchObject([{ value: 1, atMs: 1000 }]);
    await closed;
    await expect(thread.ask("read", "none")).rejects.toMatchObject({ code: "ledger_down" });
  });

  it("answers what was done also where that was to be said later than it ended", async () => {
    const other = ledgerFolder();
    const ports = { ...portsOf("gateway", () => 1000), soon: () => {} };
    const late = await LedgerThread.start(sqliteLimits({ file: other.file }), ports);
    const appended = late.ask("append", [{ tenant: "local", subject: "run:r", kind: "k", json: "1" }]);
    await late.close();
    expect(await appended).toMatchObject([{ value: 1 }]);
    other.remove();
  });

  it("hands its answers over as it is told, in their order", async () => {
    const other = ledgerFolder();
    const later: (() => void)[] = [];
    const ports = { ...portsOf("gateway", () => 1000), soon: (work: () => void) => later.push(work) };
    const slow = await LedgerThread.start(sqliteLimits({ file: other.file }), ports);
    const answered: number[] = [];
    const asked = [1, 2, 3].map(async (n) => {
      await slow.ask("read", "none");
      answered.push(n);
    });
    await expect.poll(() => later.length).toBe(3);
    expect(answered).toEqual([]);
    later.shift()?.();
    await asked[0];
    expect(answered).toEqual([1]);
    later.forEach((work) => work());
    await Promise.all(asked);
    expect(answered).toEqual([1, 2, 3]);
    await slow.close();
    other.remove();
  });

  const blob = (address: string, size = 1) => ({
    tenant: "local",
    address,
    bytes: new Uint8Array(size).fill(7),
  });
  const join = (address: string, size = 1) => thread.join("putAll", blob(address, size), size);
  const commits = async () => (await thread.ask("health", null)).writes;

  it("asks one question for what comes one behind the other, and tells each its place", async () => {
    const before = await commits();
    const all = await Promise.all(Array.from({ length: 100 }, (_, n) => join(`b${n}`)));
    expect(all.map(({ at }) => at)).toEqual(all.map((_, n) => n));
    expect(await commits()).toBe(before + 1);
    expect(await thread.ask("get", { tenant: "local", hash: "b99" })).toEqual(new Uint8Array([7]));
  });

  it("never puts what is asked later in front of what is asked between", async () => {
    const between = { tenant: "local", hash: "b" };
    const [, found] = await Promise.all([join("a"), thread.ask("get", between), join("b")]);
    // In one question with the first, the second would be there when it is looked for.
    expect(found).toBeNull();
    expect(await thread.ask("get", between)).not.toBeNull();
  });

  it("joins no more than what its neighbours can wait for, and counts its bytes down", async () => {
    const many = await Promise.all(Array.from({ length: 300 }, (_, n) => join(`m${n}`)));
    expect(many.filter(({ at }) => at === 0)).toHaveLength(2);
    const large = await Promise.all(["x", "y", "z"].map((name) => join(name, 30_000)));
    expect(large.map(({ at }) => at)).toEqual([0, 1, 0]);
    const half = new Uint8Array(bytesWaitingMax / 2);
    await Promise.all([put(thread, half.slice()), put(thread, half.slice())]);
  });

  it("hands bytes over in memory that both threads see, and has it back with the answer", async () => {
    const take = vi.spyOn(SharedBytes.prototype, "take");
    const places = (): readonly unknown[] => take.mock.results.map(({ value }) => value);
    const named = (name: string, n: number) => ({ ...blob(name), bytes: new Uint8Array(60_000).fill(n) });
    const all = (round: string): Promise<unknown> =>
      Promise.all(
        // More than there is memory for, at once.
        Array.from({ length: 100 }, (_, n) => thread.join("putAll", named(`${round}${n}`, n), 60_000)),
      );
    await all("first");
    expect(places()).toContain(null);
    expect(places()[0]).not.toBeNull();
    take.mockClear();
    await all("second");
    expect(places()[0]).not.toBeNull();
    for (const hash of ["first0", "first99", "second0", "second99"]) {
      const n = Number(hash.replace(/\D+/, ""));
      const found = await thread.ask("get", { tenant: "local", hash });
      expect(found).toEqual(new Uint8Array(60_000).fill(n));
    }
    take.mockRestore();
  });

  it("joins nothing to a question that was refused", async () => {
    const full = Array.from({ length: asksWaitingMax }, () => thread.ask("read", "none"));
    await expect(join("a")).rejects.toMatchObject({ code: "ledger_down" });
    await expect(join("b")).rejects.toMatchObject({ code: "ledger_down" });
    await Promise.all(full);
    expect(await join("c")).toMatchObject({ at: 0 });
  });

  it("bounds what waits, and goes on when that is done", async () => {
    const reads = Array.from({ length: asksWaitingMax }, () => thread.ask("read", "none"));
    await expect(thread.ask("read", "one too many")).rejects.toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/cannot keep up/),
    });
    await Promise.all(reads);
    expect(await thread.ask("read", "none")).toBeNull();
  });

  it("bounds the bytes that wait, and counts them down", async () => {
    const half = new Uint8Array(bytesWaitingMax / 2);
    const waiting = [put(thread, half.slice()), put(thread, half.slice())];
    await expect(put(thread, new Uint8Array(1))).rejects.toMatchObject({ code: "ledger_down" });
    await Promise.all(waiting);
    expect(await put(thread, new Uint8Array(1))).toHaveLength(64);
  });

  it("refuses all that waits, and all that comes, once the worker has died", async () => {
    const deadly = thread.ask("no such verb" as "read", "none");
    const waiting = thread.ask("read", "none");
    await expect(deadly).rejects.toMatchObject({
      code: "ledger_down",
      message: expect.stringMatching(/stopped working/),
    });
    await expect(waiting).rejects.toMatchObject({ code: "ledger_down" });
    await expect(thread.ask("read", "none")).rejects.toMatchObject({ code: "ledger_down" });
    await thread.close();
  });

  it("hands a failing question its own failure, and answers the others", async () => {
    const broken = thread.ask("read", {} as string);
    const fine = thread.ask("read", "none");
    await expect(broken).rejects.toMatchObject({ code: "internal" });
    expect(await fine).toBeNull();
  });
});
