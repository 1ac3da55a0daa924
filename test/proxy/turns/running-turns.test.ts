import { describe, expect, it } from "vitest";
import { RunningTurns } from "../../../src/proxy/turns/running-turns.ts";
import type { TurnRecord } from "../../../src/proxy/turns/turn-record.ts";
import { startInbound } from "../support/inbound-server.ts";
import { wanting } from "../support/wanting.ts";

const settings = { mode: "enforce", graceMs: 5_000, streamGraceMs: 0 } as const;
const place = { key: "k", explicit: false };

describe("the turns that somebody may come for once more", () => {
  it("are one for each that left, the oldest first", async () => {
    const turns = new RunningTurns(() => {});
    const [first, second] = [turns.begin(place, settings), turns.begin(place, settings)];
    expect(await turns.meet("other", true)).toBeNull();
    expect(await turns.meet("k", false)).toBe(first);
    expect(await turns.meet("k", false)).toBe(second);
    expect(await turns.meet("k", false)).toBeNull();
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
      const turn = turns.begin({ ...place, explicit: true, record }, settings);
      turn.record = { tenant, run, written: async () => void written.push(record) } as unknown as TurnRecord;
      expect(turns.ofRecord(record)).toBe(turn);
    }
    expect(turns.recorded).toBe(4);
    const run = { id: "r", stage: null, attempt: null };
    await turns.written({ tenant: "acme", run, agent: null });
    expect(written).toEqual(["a", "d"]);
    await turns.written({ tenant: "acme", run: { ...run, id: null }, agent: null });
    expect(written).toHaveLength(2);
    expect(turns.ofRecord("none")).toBeNull();
  });

  it("have an orphan where a client left, or is just leaving", async () => {
    const turns = new RunningTurns(() => {});
    expect(await turns.hasOrphan("k")).toBe(false);
    const turn = turns.begin(place, settings);
    expect(await turns.hasOrphan("k")).toBe(true);
    turn.taken = true;
    setTimeout(() => (turn.taken = false), 10);
    expect(await turns.hasOrphan("k")).toBe(true);
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
    expect(await turns.meet("k", false)).toBeNull();
    expect(await turns.meet("k", true)).toBe(all[0]);
    expect(await turns.meet("k", true)).toBe(all[1]);
    expect(await turns.meet("k", true)).toBe(all[0]);
    for (const turn of all) await turn.make(() => turn.output.sendWhole(200, [], "{}"));
    await Promise.all(waiting);
    await expect.poll(() => turns.size).toBe(0);
    expect(await turns.meet("k", true)).toBeNull();
  });
});
