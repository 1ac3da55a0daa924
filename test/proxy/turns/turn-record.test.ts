import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { SharedMoments } from "../../../src/proxy/turns/shared-moments.ts";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";
import { replayOf } from "../../../src/proxy/turns/turn-replay.ts";
import { TurnRecord, type RecordPorts } from "../../../src/proxy/turns/turn-record.ts";
import { win } from "../../conformance/ledger/requests.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { recordedLog } from "../support/recorded-log.ts";

const stream = ["content-type", "text/event-stream", "set-cookie", "secret"];

let store: SqliteUnderTest;
let claim: ClaimRecord;
beforeEach(async () => {
  store = await sqliteUnderTest();
  claim = await win(store.ledger, { kind: "turn", run: "r" });
});
afterEach(() => store.close());

function recording(more: Partial<RecordPorts> = {}) {
  const output = new TurnOutput("stream");
  const { log, entries } = recordedLog();
  const moments = new SharedMoments(systemClock);
  const ports = {
    ledger: store.ledger,
    log,
    clock: systemClock,
    moments,
    paceMs: () => 20,
    leaseMs: 60_000,
    ...more,
  };
  const record = new TurnRecord(ports, claim, output);
  output.recorder = record;
  return { output, record, entries };
}

const read = async (): Promise<ClaimRecord> => (await store.ledger.read(claim.id)) as ClaimRecord;

async function bodyOf({ answer }: ClaimRecord): Promise<string> {
  const pieces = await Promise.all((answer?.body ?? []).map((at) => store.ledger.get("local", at)));
  return Buffer.concat(pieces as Uint8Array[]).toString();
}

describe("the record of a turn", () => {
  it("has its bytes a moment later, piece by piece, and then how it ended", async () => {
    const { output, record } = recording();
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    output.write(Buffer.from("two "));
    await expect.poll(() => store.ledger.get("local", `turn-0-${claim.id}-1`)).not.toBeNull();
    expect((await read()).state).toBe("intent");
    output.write(Buffer.from("three"));
    await output.end();
    await record.written();
    const done = await read();
    expect(done).toMatchObject({ state: "done", answer: { status: 200, extent: "whole" } });
    expect(done.answer?.headers).toEqual([["content-type", "text/event-stream"]]);
    expect(done.answer?.body).toHaveLength(2);
    expect(await bodyOf(done)).toBe("one two three");
    const head = Buffer.from((await store.ledger.get("local", `turn-head-${claim.id}-1`)) ?? []);
    expect(JSON.parse(head.toString())).toEqual({
      status: 200,
      headers: ["content-type", "text/event-stream"],
    });
  });

  it("is written at once for who must not go before it", async () => {
    const { output, record } = recording({ paceMs: () => 60_000 });
    output.writeHead(200, stream);
    output.write(Buffer.from("decided"));
    await record.written();
    expect(await store.ledger.get("local", `turn-0-${claim.id}-1`)).toEqual(
      new Uint8Array(Buffer.from("decided")),
    );
  });

  it.each([
    [
      "its first bytes",
      (output: TurnOutput) => {
        output.writeHead(200, stream);
        output.write(Buffer.from("one"));
        return sleep(100);
      },
    ],
    ["who must not go before it", () => Promise.resolve()],
  ])("has what is written alongside it begun once, with %s", async (_what, meanwhile) => {
    let begun = 0;
    const { output, record } = recording();
    const writing = Promise.withResolvers<void>();
    record.alongside(() => (begun++, writing.promise));
    expect(begun).toBe(0);
    await meanwhile(output);
    let isWritten = false;
    const waiting = record.written().then(() => (isWritten = true));
    await sleep(50);
    expect([begun, isWritten]).toEqual([1, false]);
    writing.resolve();
    await waiting;
    expect(begun).toBe(1);
  });

  it("ends only once what it decides is written down, which is told all of the answer", async () => {
    const told: unknown[] = [];
    const { output, record } = recording({
      decided: async () => void told.push((await read()).state, await record.text()),
    });
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await record.written();
    output.letGo();
    expect(output.recording.kept).toBe(0);
    await output.end(Buffer.from("two"));
    await record.written();
    expect(told).toEqual(["intent", "one two"]);
    expect((await read()).state).toBe("done");
  });

  it("is read back as it was written, and not where a piece of it is missing or the ledger is gone", async () => {
    const { output, record, entries } = recording();
    output.writeHead(200, stream);
    for (const word of ["one ", "two ", "three"]) {
      output.write(Buffer.from(word));
      await record.written();
    }
    expect((await record.readBack(9))?.toString()).toBe("one two t");
    expect(await record.readBack(14)).toBeNull();
    const get = vi.spyOn(store.ledger, "get");
    get.mockImplementationOnce(() => Promise.resolve(null));
    expect(await record.readBack(1)).toBeNull();
    get.mockImplementation(() => Promise.reject(new Error("closed")));
    expect(await record.readBack(1)).toBeNull();
    expect(entries.at(-1)).toMatchObject({ level: "warn", what: "a recorded turn cannot be read" });
  });

  it("has let go what is written of a long stream", async () => {
    const { output, record } = recording();
    output.writeHead(200, stream);
    for (let at = 0; at < 40; at++) output.write(Buffer.alloc(1000, "x"));
    expect(output.recording.kept).toBe(40_000);
    await record.written();
    expect(output.recording.kept).toBe(0);
    expect((await record.readBack(40_000))?.toString()).toBe("x".repeat(40_000));
  });

  it.each<[string, { readonly keepsOrder: boolean; readonly decides: boolean }]>([
    ["in the commit of its last piece", { keepsOrder: true, decides: false }],
    ["behind that where the ledger keeps no order", { keepsOrder: false, decides: false }],
    ["behind what it decides", { keepsOrder: true, decides: true }],
  ])("ends %s", async (_when, { keepsOrder, decides }) => {
    const order: string[] = [];
    const { output, record } = recording({
      paceMs: () => 60_000,
      ...(decides ? { decided: () => sleep(20) } : {}),
      ledger: {
        ...ledgerOf(),
        keepsOrder,
        put: async (...blob) => {
          order.push("put");
          const address = await store.ledger.put(...blob);
          order.push("is put");
          return address;
        },
        settle: (...end) => {
          order.push("settle");
          return store.ledger.settle(...end);
        },
      },
    });
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await record.written();
    order.length = 0;
    output.write(Buffer.from("two"));
    await output.end();
    await record.written();
    const isTogether = keepsOrder && !decides;
    expect(order).toEqual(isTogether ? ["put", "settle", "is put"] : ["put", "is put", "settle"]);
    const done = await read();
    expect([done.state, await bodyOf(done)]).toEqual(["done", "one two"]);
  });

  it("is not said to be held where its last piece is not taken, although its end is", async () => {
    let isFull = false;
    const put: RecordPorts["ledger"]["put"] = (...blob) =>
      isFull ? Promise.reject(new Error("full")) : store.ledger.put(...blob);
    const { output, record, entries } = recording({ ledger: { ...ledgerOf(), keepsOrder: true, put } });
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await record.written();
    isFull = true;
    await output.end(Buffer.from("two"));
    await record.written();
    expect(entries).toMatchObject([{ level: "warn", what: "a turn is not recorded" }]);
    // Whoever comes for it finds that a piece is missing, and asks for an answer of its own.
    expect((await read()).answer?.body).toHaveLength(2);
    expect(await replayOf(store.ledger, await read(), Date.now())).toBeNull();
  });

  it("writes next what comes while it is being written", async () => {
    const written: string[] = [];
    let mayGoOn = Promise.withResolvers<void>();
    const put: RecordPorts["ledger"]["put"] = async (tenant, bytes, address) => {
      if (address?.includes("-head-") === true) return address;
      written.push(Buffer.from(bytes).toString());
      await mayGoOn.promise;
      return store.ledger.put(tenant, bytes, address);
    };
    const { output, record } = recording({ ledger: { ...ledgerOf(), put } });
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await expect.poll(() => written).toEqual(["one "]);
    output.write(Buffer.from("two "));
    await sleep(60);
    mayGoOn.resolve();
    mayGoOn = Promise.withResolvers();
    await expect.poll(() => written).toEqual(["one ", "two "]);
    mayGoOn.resolve();
    await output.end(Buffer.from("three"));
    await record.written();
    expect(await bodyOf(await read())).toBe("one two three");
  });

  it("keeps what is being written as it is, also once another one has its claim", async () => {
    const [seen, mayGoOn] = [[] as Uint8Array[], Promise.withResolvers<void>()];
    const put: RecordPorts["ledger"]["put"] = async (_tenant, bytes) => {
      seen.push(bytes);
      await mayGoOn.promise;
      return "somewhere";
    };
    const { output, record } = recording({
      ledger: { ...ledgerOf(), put, renew: () => Promise.resolve(false) },
      // Renewed for the first time when the first bytes are being written.
      leaseMs: 300,
    });
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await expect.poll(() => seen.length).toBe(2);
    await expect.poll(() => record.isReadable).toBe(false);
    output.letGo();
    for (let at = 0; at < 100; at++) output.write(Buffer.from("xxxx"));
    expect(Buffer.from(seen[1] as Uint8Array).toString()).toBe("one ");
    mayGoOn.resolve();
    await output.end();
    await record.written();
    expect(record.position).toBe(Infinity);
  });

  it("says that it was handed over only behind its end", async () => {
    const { output, record } = recording({ paceMs: () => 60_000 });
    void output.sendWhole(200, ["content-type", "application/json"], "{}");
    await record.delivered();
    expect(await read()).toMatchObject({ state: "done", delivered: true });
  });

  it.each<[string, (output: TurnOutput) => unknown, object]>([
    [
      "was refused",
      (output) => output.sendWhole(429, [], "{}"),
      { answer: { status: 429 }, reason: "HTTP 429" },
    ],
    [
      "broke off",
      (output) => {
        output.writeHead(200, stream);
        output.write(Buffer.from("half"));
        output.fail(new Error("cut"));
      },
      { answer: { extent: "cut" }, reason: "It broke off before it was whole." },
    ],
    [
      "ended in an error event",
      (output) => {
        output.writeHead(200, stream);
        output.brokeOff = true;
        return output.end(Buffer.from("event: error"));
      },
      { answer: { extent: "cut" } },
    ],
    [
      "was never begun",
      (output) => output.fail(new Error("no upstream")),
      { answer: null, state: "not-sent" },
    ],
  ])("is free to be asked for again where it %s", async (_how, happen, expected) => {
    const { output, record } = recording();
    happen(output);
    await record.written();
    expect(await read()).toMatchObject({ state: "declined", ...expected });
    expect(await store.ledger.claim({ ...asked(), occurrence: 1 })).toMatchObject({ kind: "won" });
  });

  it("is written at most once in its pace, and at the same moments as others", async () => {
    const writtenAt: number[] = [];
    const put: RecordPorts["ledger"]["put"] = (tenant, bytes, address) => {
      if (address?.includes("-head-") === false) writtenAt.push(Date.now());
      return store.ledger.put(tenant, bytes, address);
    };
    const { output } = recording({ paceMs: () => 200, ledger: { ...ledgerOf(), put } });
    output.writeHead(200, stream);
    const talking = setInterval(() => output.write(Buffer.from("word ")), 5);
    await expect.poll(() => writtenAt.length, { timeout: 5000 }).toBeGreaterThan(4);
    clearInterval(talking);
    // Late on a busy machine, but never early; the first moment may be any.
    const gaps = writtenAt.slice(1).map((at, i) => at - (writtenAt[i] as number));
    expect(Math.min(...gaps)).toBeGreaterThan(100);
    // A timer may be some ms early.
    const late = writtenAt.map((at) => (at + 5) % 100).toSorted((a, b) => a - b);
    expect(late[2]).toBeLessThan(50);
    await output.end();
  });

  it("goes without what the ledger does not take, and says so", async () => {
    const { output, record, entries } = recording({
      ledger: { ...ledgerOf(), put: () => Promise.reject(new Error("full")) },
    });
    output.writeHead(200, stream);
    output.write(Buffer.from("one"));
    await record.written();
    await output.end();
    await record.written();
    await record.delivered();
    expect(output.notes.get("longstop-recorded")).toBe("false");
    expect(entries).toMatchObject([{ level: "warn", what: "a turn is not recorded" }]);
    expect((await read()).state).toBe("intent");
  });

  it("has its bytes while it is made, also where there was nothing to write when it was told first", async () => {
    const { output } = recording();
    output.holdUntil(Promise.resolve());
    await sleep(100);
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await expect.poll(() => store.ledger.get("local", `turn-0-${claim.id}-1`)).not.toBeNull();
    output.write(Buffer.from("two"));
    await expect.poll(() => store.ledger.get("local", `turn-1-${claim.id}-1`)).not.toBeNull();
  });

  it("is free for the next one as soon as it is over, where it could not be recorded", async () => {
    const { output, record } = recording({
      ledger: { ...ledgerOf(), put: () => Promise.reject(new Error("full")) },
    });
    output.writeHead(200, stream);
    output.write(Buffer.from("one"));
    await record.written();
    await sleep(400);
    expect((await read()).state).toBe("intent");
    await output.end();
    await expect.poll(async () => (await read()).state, { timeout: 5000 }).toBe("declined");
    expect(await read()).toMatchObject({ answer: null, reason: "It could not be recorded." });
  });

  it("leaves alone what another one has", async () => {
    const settle = vi.fn<RecordPorts["ledger"]["settle"]>(async () => ({ applied: false, record: claim }));
    const { output, record } = recording({ ledger: { ...ledgerOf(), settle } });
    void output.sendWhole(200, ["content-type", "application/json"], "{}");
    await record.written();
    await sleep(400);
    expect(settle).toHaveBeenCalledTimes(1);
  });

  it("is no longer held once its lease ran out, until it is known that nobody else has it", async () => {
    const clock = { now: () => nowMs, sleep: () => new Promise<void>(() => {}) };
    let nowMs = 1000;
    const { output, record } = recording({ clock, moments: new SharedMoments(clock), leaseMs: 60 });
    expect(record.isHeld).toBe(true);
    nowMs += 60;
    expect(record.isHeld).toBe(false);
    void output.sendWhole(200, ["content-type", "application/json"], "{}");
    await record.written();
    expect(record.isHeld).toBe(true);
  });

  it("is not held once another one has it, and says that it is not recorded", async () => {
    const settle = async (): ReturnType<RecordPorts["ledger"]["settle"]> => ({
      applied: false,
      record: claim,
    });
    const { output, record } = recording({ ledger: { ...ledgerOf(), settle } });
    void output.sendWhole(200, ["content-type", "application/json"], "{}");
    await record.written();
    expect(record.isHeld).toBe(false);
    expect(output.notes.get("longstop-recorded")).toBe("false");
  });

  it("is renewed while it is made, and given up where another one has it", async () => {
    let held = true;
    const { output, entries } = recording({
      leaseMs: 60,
      ledger: { ...ledgerOf(), renew: () => Promise.resolve(held) },
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(entries).toEqual([]);
    held = false;
    await expect.poll(() => entries.length).toBe(1);
    expect(output.notes.get("longstop-recorded")).toBe("false");
  });
});

function ledgerOf(): RecordPorts["ledger"] {
  const { ledger } = store;
  return {
    put: ledger.put.bind(ledger),
    get: ledger.get.bind(ledger),
    settle: ledger.settle.bind(ledger),
    renew: ledger.renew.bind(ledger),
    markDelivered: ledger.markDelivered.bind(ledger),
  };
}

function asked() {
  const { tenant, kind, key, run, stage, attempt, fingerprint } = claim;
  const reuse = { running: false, undelivered: false, deliveredWithinMs: 0 };
  const rest = { clientKey: null, clientKeyScope: "", detail: {}, owner: "o", leaseMs: 1000 };
  return { tenant, kind, key, run, stage, attempt, fingerprint, reuse, ...rest };
}
