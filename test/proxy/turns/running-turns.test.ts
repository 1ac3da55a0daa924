import { describe, expect, it } from "vitest";
import { RunningTurns } from "../../../src/proxy/turns/running-turns.ts";
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
