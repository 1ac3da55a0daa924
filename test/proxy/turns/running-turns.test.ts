import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { RunningTurns } from "../../../src/proxy/turns/running-turns.ts";
import type { TurnRecord } from "../../../src/proxy/turns/turn-record.ts";
import { startInbound } from "../support/inbound-server.ts";
import { wanting } from "../support/wanting.ts";

const settings = {
  mode: "enforce",
  graceMs: 5_000,
  streamGraceMs: 0,
  keptBytesMax: 1000,
  replayMs: 86_400_000,
  detectedAttempts: "enforce",
  onDivergence: "pause",
  normalise: null,
} as const;
const place = { key: "k", explicit: false, attempt: null, form: "stream", exchange: "x" } as const;

/** The first making of a record. */
const made = (id: string) => ({ id, epoch: 1 });

describe("the turns that somebody may come for once more", () => {
  it("are one for each that left, the oldest first", async () => {
    const turns = new RunningTurns(() => {});
    const [first, second] = [turns.begin(place, settings), turns.begin(place, settings)];
    expect(await turns.meet({ ...place, key: "other" }, true)).toBeNull();
    expect(await turns.meet(place, false)).toBe(first);
    expect(await turns.meet(place, false)).toBe(second);
    expect(await turns.meet(place, false)).toBeNull();
    expect(turns.size).toBe(2);
  });

  it("are written down before something of their run that must not go before them", async () => {
    const turns = new RunningTurns(() => {});
    const written: string[] = [];
    for (const [record, tenant, run] of [
      ["a", "acme", "r"],
      ["b", "acme", "other"],
      ["c", "umbrella", "r"],
      ["d", "acme", "r"],
    ] as const) {
      const turn = turns.begin({ ...place, explicit: true, record: made(record) }, settings);
      turn.record = { tenant, run, written: async () => void written.push(record) } as unknown as TurnRecord;
      expect(turns.ofRecord(made(record))).toBe(turn);
    }
    expect(turns.recorded).toBe(4);
    const run = { id: "r", stage: null, attempt: null };
    await turns.written({ tenant: "acme", run, agent: null });
    expect(written).toEqual(["a", "d"]);
    await turns.written({ tenant: "acme", run: { ...run, id: null }, agent: null });
    expect(written).toHaveLength(2);
    expect(turns.ofRecord(made("none"))).toBeNull();
  });

  it("know who is being handed what, and who was since a claim began", () => {
    const turns = new RunningTurns(() => {});
    const beforeMs = performance.now();
    const [one, other] = [turns.hand(made("record"), "1"), turns.hand(made("record"), "1")];
    expect(turns.wasHanded(made("record"), "1", Infinity)).toBe(true);
    expect(turns.wasHanded(made("record"), "2", beforeMs)).toBe(false);
    expect(turns.wasHanded(made("other"), "1", beforeMs)).toBe(false);
    one();
    expect(turns.wasHanded(made("record"), "1", Infinity)).toBe(true);
    other();
    expect(turns.wasHanded(made("record"), "1", beforeMs)).toBe(true);
    expect(turns.wasHanded(made("record"), "1", performance.now() + 1)).toBe(false);
  });

  it("wait until it is written how an equal one ended", async () => {
    const turns = new RunningTurns(() => {});
    const turn = turns.begin({ ...place, explicit: true, record: made("r") }, settings);
    const ending = Promise.withResolvers<void>();
    turn.record = { written: () => ending.promise } as unknown as TurnRecord;
    await turn.make(() => Promise.reject(new Error("it broke off")));
    let isMet = false;
    const meeting = turns.meetOrphan(place).then(() => (isMet = true));
    await sleep(100);
    expect([isMet, turns.size]).toEqual([false, 1]);
    ending.resolve();
    await meeting;
    expect(turns.size).toBe(0);
  });

  it("are for the attempt that asked for them", async () => {
    const turns = new RunningTurns(() => {});
    const turn = turns.begin({ ...place, attempt: "1" }, settings);
    expect(await turns.meetOrphan({ ...place, attempt: "2" })).toBeNull();
    expect(await turns.meetOrphan({ ...place, attempt: "1" })).toBe(turn);
  });

  it("are met by who asks at once, before its first connection is seen to be closed", async () => {
    const turns = new RunningTurns(() => {});
    const turn = turns.begin(place, settings);
    turn.taken = true;
    setTimeout(() => (turn.taken = false), 10);
    expect(await turns.meetOrphan(place)).toBe(turn);
  });

  it("that another one's record stands for have none of their own", () => {
    const turns = new RunningTurns(() => {});
    const [first] = [1, 2].map(() => turns.begin({ ...place, record: made("a") }, settings));
    expect(turns.ofRecord(made("a"))).toBe(first);
  });

  it("are kept up to a bound: those that nobody waits for go first, the oldest of all", () => {
    const given: unknown[] = [];
    const turns = new RunningTurns((turn) => given.push(turn));
    const begun = (record?: string) => {
      const turn = turns.begin(record === undefined ? place : { ...place, record: made(record) }, settings);
      turn.output.writeHead(200, ["content-type", "text/event-stream"]);
      return turn;
    };
    const [first, second] = [begun(), begun()];
    const recorded = begun("a");
    recorded.record = {} as TurnRecord;
    first.output.write(Buffer.alloc(400));
    second.output.write(Buffer.alloc(400));
    expect(turns.keptBytes).toBe(800);
    recorded.output.write(Buffer.alloc(400));
    expect(given).toEqual([first]);
    expect(turns.keptBytes).toBe(800);
    first.output.write(Buffer.alloc(400));
    expect(turns.keptBytes).toBe(800);
    recorded.output.write(Buffer.alloc(700));
    // One with a record can be read there, so it goes on.
    expect(given).toEqual([first, second]);
    expect([recorded.output.isKept, recorded.output.left]).toEqual([false, false]);
    expect(turns.ofRecord(made("a"))).toBeNull();
    expect([turns.size, turns.keptBytes]).toEqual([1, 0]);
  });

  it("are met beside their client only by who says that it is a retry, each as often as the others", async () => {
    const turns = new RunningTurns(() => {});
    const all = [turns.begin(place, settings), turns.begin(place, settings)];
    const { origin } = await startInbound((inbound) => {
      const turn = all.find(({ readers }) => readers === 0);
      return turn?.read(inbound, wanting("whole"), false) ?? Promise.resolve();
    });
    const waiting = all.map(() => fetch(origin));
    await expect.poll(() => all.map(({ readers }) => readers)).toEqual([1, 1]);
    expect(await turns.meet(place, false)).toBeNull();
    expect(await turns.meet(place, true)).toBe(all[0]);
    expect(await turns.meet(place, true)).toBe(all[1]);
    expect(await turns.meet(place, true)).toBe(all[0]);
    for (const turn of all) await turn.make(() => turn.output.sendWhole(200, [], "{}"));
    await Promise.all(waiting);
    await expect.poll(() => turns.size).toBe(0);
    expect(await turns.meet(place, true)).toBeNull();
  });
});
