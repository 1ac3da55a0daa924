import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/proxy/clock.ts";
import { RunningTurn, type TurnPlace } from "../../../src/proxy/turns/running-turn.ts";
import type { Waited } from "../../../src/proxy/turns/turn-reader.ts";
import { engineSettings } from "../support/engine-settings.ts";
import { startInbound } from "../support/inbound-server.ts";
import { wanting } from "../support/wanting.ts";

const stream = ["content-type", "text/event-stream"];

interface Watched {
  readonly turn: RunningTurn;
  readonly said: string[];
}

function turnOf(more: Partial<TurnPlace> = {}, times = { graceMs: 300, streamGraceMs: 0 }): Watched {
  const said: string[] = [];
  const turn = new RunningTurn(
    { key: "k", explicit: false, attempt: null, form: "stream", exchange: "x", ...more },
    { ...engineSettings().turns, ...times },
    {
      over: () => said.push("over"),
      orphaned: () => said.push("orphaned"),
      grew: () => {},
      clock: systemClock,
    },
  );
  turn.output.onLeave(() => said.push("stopped"));
  return { turn, said };
}

/** A client that reads the turn until it is told to leave. */
async function reader({ turn }: Watched): Promise<{ leave: () => void; waited: Promise<Waited> }> {
  const server = await startInbound((inbound) => turn.read(inbound, wanting("stream"), false));
  const leaving = new AbortController();
  const before = turn.readers;
  fetch(server.origin, { signal: leaving.signal }).then(
    (answer) => answer.text().catch(() => {}),
    () => {},
  );
  await expect.poll(() => turn.readers).toBe(before + 1);
  return { leave: () => leaving.abort(), waited: server.served as Promise<Waited> };
}

describe("a turn that somebody may come for once more", () => {
  it("is over once it was handed over", async () => {
    const watched = turnOf();
    const { waited } = await reader(watched);
    await watched.turn.make(() => watched.turn.output.sendWhole(200, stream, "x"));
    expect(await waited).toBe("answered");
    expect(watched.said).toEqual(["over"]);
    expect(watched.turn.isOrphan).toBe(false);
  });

  it("waits for its grace where nothing of it was handed over, and is given up then", async () => {
    const watched = turnOf();
    const { leave, waited } = await reader(watched);
    leave();
    expect(await waited).toBe("gone");
    expect(watched.turn.isOrphan).toBe(true);
    expect(watched.said).toEqual([]);
    await expect.poll(() => watched.said).toEqual(["orphaned", "stopped", "over"]);
    expect(watched.turn.isOrphan).toBe(false);
  });

  it("is not given up while somebody else reads it, nor by an earlier one's grace", async () => {
    const watched = turnOf();
    const first = await reader(watched);
    first.leave();
    await first.waited;
    const second = await reader(watched);
    const third = await reader(watched);
    third.leave();
    await third.waited;
    await sleep(500);
    expect(watched.said).toEqual([]);
    second.leave();
    await expect.poll(() => watched.said).toContain("stopped");
  });

  it.each([
    ["at once in a run without an id", false, ["orphaned", "stopped", "over"]],
    ["later in a run with one", true, []],
  ] as const)("ends, where a part of it was handed over, %s", async (_when, explicit, said) => {
    const watched = turnOf({ explicit });
    const { leave, waited } = await reader(watched);
    watched.turn.output.writeHead(200, stream);
    watched.turn.output.write(Buffer.from("data: 1\n\n"));
    await sleep(50);
    leave();
    await waited;
    expect(watched.said).toEqual(said);
  });

  it("that was made for nobody waits for its grace, and is forgotten without a word", async () => {
    const watched = turnOf();
    const { leave, waited } = await reader(watched);
    leave();
    await waited;
    await watched.turn.make(() => watched.turn.output.sendWhole(200, stream, "x"));
    expect(watched.said).toEqual([]);
    await expect.poll(() => watched.said).toEqual(["over"]);
  });

  it("is over as soon as the work on it fails, and who reads hears why", async () => {
    const watched = turnOf();
    const { waited } = await reader(watched);
    await watched.turn.make(() => Promise.reject(new Error("no upstream")));
    await expect(waited).rejects.toThrow("no upstream");
    await expect.poll(() => watched.said).toEqual(["over"]);
    const late = await startInbound((inbound) => watched.turn.read(inbound, wanting("stream"), true));
    await fetch(late.origin).catch(() => {});
    await expect(late.served).rejects.toThrow("no upstream");
  });

  it("that was left in the middle by those who made it has failed", async () => {
    const watched = turnOf();
    const { waited } = await reader(watched);
    await watched.turn.make(() => Promise.resolve());
    await expect(waited).rejects.toThrow("the answer was given up");
  });

  it.each<[string, (turn: RunningTurn) => void]>([
    ["a refusal", (turn) => void turn.output.sendWhole(429, [], "{}")],
    [
      "an error in its stream",
      (turn) => {
        turn.output.writeHead(200, stream);
        turn.output.brokeOff = true;
        void turn.output.end(Buffer.from("event: error"));
      },
    ],
  ])("is over as soon as it ended in %s that nobody got: the next one asks the model", async (_what, end) => {
    const watched = turnOf();
    const { leave, waited } = await reader(watched);
    leave();
    await waited;
    expect(watched.turn.isOrphan).toBe(true);
    end(watched.turn);
    expect(watched.turn.isOrphan).toBe(false);
    await watched.turn.make(() => Promise.resolve());
    expect(watched.said).toEqual(["over"]);
  });

  it("of which a part was let go is for nobody else, and given up when its client leaves", async () => {
    const watched = turnOf({ explicit: true });
    const { leave, waited } = await reader(watched);
    watched.turn.output.writeHead(200, stream);
    watched.turn.output.write(Buffer.from("data: 1\n\n"));
    watched.turn.output.letGo();
    leave();
    await waited;
    expect(watched.said).toEqual(["orphaned", "stopped", "over"]);
  });

  it("is given up at once where there is no grace", async () => {
    const watched = turnOf({}, { graceMs: 0, streamGraceMs: 0 });
    const { leave } = await reader(watched);
    leave();
    await expect.poll(() => watched.said).toEqual(["orphaned", "stopped", "over"]);
  });
});
