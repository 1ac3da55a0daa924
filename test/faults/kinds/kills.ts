import { setTimeout as sleep } from "node:timers/promises";
import type { EffectFailpoint } from "../../../src/proxy/failpoint.ts";
import { doubted, everyWay, insistAll, insistOnceOver, type Fault } from "../fault.ts";
import type { Expected } from "../observed.ts";
import { leaseMs, type Site } from "../support/site.ts";

const executed: Expected = { effects: 1, end: "done" };

/** What a kill at each place leaves. */
const places: Readonly<Record<EffectFailpoint, Fault["expected"]>> = {
  "before-intent": () => executed,
  "after-intent": doubted(0),
  "before-dispatch": doubted(0),
  "after-dispatch": doubted(1),
  "after-answer": doubted(1),
  "after-outcome": () => executed,
};

/** kill -9 at a named place of one call; then callers go on at another, or at the one that is started again. */
const atPlaces = (Object.keys(places) as EffectFailpoint[]).map((failpoint): Fault => ({
  name: `kill/${failpoint}`,
  ways: everyWay,
  expected: places[failpoint],
  async run(site, calls) {
    for (const call of calls) {
      const doomed = await site.start({ failpoint });
      const [heard, signal] = await Promise.all([call.once(doomed.port), doomed.exited]);
      if (heard !== null || signal !== "SIGKILL") throw new Error(`${failpoint} did not end the gateway`);
    }
    await insistOnceOver(site, calls);
  },
}));

const whileTheToolWorks: Fault = {
  name: "kill/while-the-tool-works",
  ways: everyWay,
  expected: doubted(1),
  async run(site, calls) {
    const doomed = await site.start();
    const lost = calls.map((call) => call.once(doomed.port, { behave: "slow,delayMs=5000" }));
    await effectsReach(site, calls.length);
    await doomed.kill();
    await Promise.all(lost);
    await insistOnceOver(site, calls);
  },
};

/** Stopped for longer than a lease and woken again, while every caller waits and some call twice. */
const stopped: Fault = {
  name: "stop/longer-than-the-lease",
  // The wire cannot tell an anonymous call that was repeated meanwhile from a new one.
  ways: ["key", "run", "rerun"],
  expected: () => executed,
  async run(site, calls) {
    const { port, child } = await site.start();
    const waiting = calls.map((call) => call.once(port, { behave: "slow,delayMs=1500" }));
    await effectsReach(site, calls.length);
    child.kill("SIGSTOP");
    const [elsewhere = port] = await site.ports();
    const again = calls.map((call) => call.once(elsewhere));
    await sleep(leaseMs + 1500);
    child.kill("SIGCONT");
    await Promise.all([...waiting, ...again]);
    await insistAll(site, calls);
  },
};

/** Waits until the tool did as much. */
export async function effectsReach(site: Site, count: number): Promise<void> {
  for (let tries = 0; site.oracle.effects().length < count; tries++) {
    if (tries > 400) throw new Error(`the tool did not do its work ${count} times`);
    await sleep(25);
  }
}

export const kills: readonly Fault[] = [...atPlaces, whileTheToolWorks, stopped];
