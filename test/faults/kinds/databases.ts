import { setTimeout as sleep } from "node:timers/promises";
import type { EffectFailpoint } from "../../../src/proxy/failpoint.ts";
import { doubted, everyWay, insistAll, namedWays, type Fault } from "../fault.ts";
import type { Expected } from "../observed.ts";
import { leaseMs, type Site } from "../support/site.ts";
import { effectsReach } from "./kills.ts";

const executed = (): Expected => ({ effects: 1, end: "done" });

/** Less than a lease: nobody may say anything of an operation whose holder may live. */
const withinLeaseMs = 700;

async function terminateAll(site: Site): Promise<void> {
  if ((await site.database.terminate()) === 0) throw new Error("no gateway had a connection");
}

/** The gateway dies, and another one is asked while its lease still runs: that must wait, and not guess. */
function retriedWithinTheLease(failpoint: EffectFailpoint, expected: Fault["expected"]): Fault {
  return {
    name: `lease/retried-within-it-${failpoint}`,
    ledger: "postgres",
    ways: namedWays,
    expected,
    async run(site, calls) {
      const ports = await site.ports();
      for (const [i, call] of calls.entries()) {
        const doomed = await site.start({ failpoint });
        await Promise.all([call.once(doomed.port), doomed.exited]);
        const before = site.oracle.effects().length;
        const heard = await call.once(ports[i % ports.length] as number, { leaveAfterMs: withinLeaseMs });
        if (heard !== null) throw new Error(`within the lease ${call.operation} was told ${heard.status}`);
        if (site.oracle.effects().length !== before) throw new Error("it was done again within the lease");
      }
      await sleep(leaseMs + 500);
      await insistAll(site, calls);
    },
  };
}

/** How long the tool works on a call. */
const workMs = 1000;

/** Connections end once the tool has done what it was asked, and before the gateway knows of it. */
function terminatedAtWork(when: string, terminate: (site: Site) => Promise<void>): Fault {
  return {
    name: `database/terminated-${when}`,
    ledger: "postgres",
    ways: everyWay,
    expected: executed,
    async run(site, calls) {
      const { port } = await site.start();
      const running = calls.map((call) => call.once(port, { behave: `slow,delayMs=${workMs}` }));
      await effectsReach(site, calls.length);
      await terminate(site);
      await Promise.all(running);
      await insistAll(site, calls.filter(isOpen));
    },
  };
}

export const databases: readonly Fault[] = [
  retriedWithinTheLease("after-intent", doubted(0)),
  retriedWithinTheLease("after-dispatch", doubted(1)),
  {
    name: "database/terminated-before-the-intent",
    ledger: "postgres",
    ways: everyWay,
    expected: executed,
    async run(site, calls) {
      const { port } = await site.start();
      const running: Promise<unknown>[] = [];
      await site.database.whileHeld(async (waiting) => {
        running.push(...calls.map((call) => call.once(port)));
        await waiting();
        await terminateAll(site);
        if (site.oracle.effects().length > 0) throw new Error("something was done without an intent");
      });
      await Promise.all(running);
      await insistAll(site, calls.filter(isOpen));
    },
  },
  terminatedAtWork("while-the-tool-works", terminateAll),
  terminatedAtWork("before-the-outcome", (site) =>
    site.database.whileHeld(async (waiting) => {
      // By then the answers are there, and each waits for its outcome.
      await sleep(workMs + 200);
      await waiting();
      await terminateAll(site);
    }),
  ),
  {
    name: "database/stopped-before-the-intent",
    ledger: "postgres",
    ownServer: true,
    ways: everyWay,
    expected: executed,
    async run(site, calls) {
      const { port } = await site.start();
      await site.database.whileStopped(async () => {
        for (const call of calls) {
          const heard = await call.once(port);
          if (heard?.code !== "ledger_down") throw new Error(`without a ledger it said ${heard?.status}`);
        }
        if (site.oracle.effects().length > 0) throw new Error("something was done without an intent");
      });
      await insistAll(site, calls);
    },
  },
  {
    name: "database/stopped-while-the-tool-works",
    ledger: "postgres",
    ownServer: true,
    ways: everyWay,
    // Outcome and answer are written late.
    expected: executed,
    async run(site, calls) {
      const { port } = await site.start();
      const running = calls.map((call) => call.once(port, { behave: "slow,delayMs=2000" }));
      await effectsReach(site, calls.length);
      await site.database.whileStopped(async () => {
        for (const heard of await Promise.all(running)) {
          if (heard?.code !== "outcome_unknown") throw new Error(`unrecorded, and told ${heard?.status}`);
        }
      });
      await recordedLate(site);
      await insistAll(site, calls);
    },
  },
];

/** An anonymous call that heard its answer is over: the next one would be a new operation. */
function isOpen({ way, heard }: Parameters<Fault["run"]>[1][number]): boolean {
  return way !== "anonymous" || heard.at(-1)?.code !== null;
}

/** Waits until every outcome that could not be written stands in the ledger. */
async function recordedLate(site: Site): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const records = await site.effects();
    if (records.length > 0 && records.every(({ state }) => state === "done")) return;
    await sleep(200);
  }
  throw new Error("the outcomes were never recorded");
}
