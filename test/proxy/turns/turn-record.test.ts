import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";
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
  const ports = { ledger: store.ledger, log, clock: systemClock, paceMs: () => 20, leaseMs: 60_000, ...more };
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
    await expect.poll(() => store.ledger.get("local", `turn-${claim.id}-1-0`)).not.toBeNull();
    expect((await read()).state).toBe("intent");
    output.write(Buffer.from("three"));
    await output.end();
    await record.written();
    const done = await read();
    expect(done).toMatchObject({ state: "done", answer: { status: 200, extent: "whole" } });
    expect(done.answer?.headers).toEqual([["content-type", "text/event-stream"]]);
    expect(done.answer?.body).toHaveLength(2);
    expect(await bodyOf(done)).toBe("one two three");
    const head = Buffer.from((await store.ledger.get("local", `turn-${claim.id}-1-head`)) ?? []);
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
    expect(await store.ledger.get("local", `turn-${claim.id}-1-0`)).toEqual(
      new Uint8Array(Buffer.from("decided")),
    );
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

  it("is no longer held once its lease ran out, until it is known that nobody else has it", async () => {
    const clock = { ...systemClock, every: () => () => {}, now: () => nowMs };
    let nowMs = 1000;
    const { output, record } = recording({ clock, leaseMs: 60 });
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
