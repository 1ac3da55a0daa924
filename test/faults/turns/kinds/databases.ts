import { setTimeout as sleep } from "node:timers/promises";
import { turnLeaseMs } from "../../../../src/proxy/turns/claim-turn.ts";
import { contents, insistAll, type TurnFault } from "../fault.ts";
import type { TurnSite } from "../site.ts";

/** Clients are in the middle of their answers, and something happens to the database. */
async function inTheMiddle(site: TurnSite, what: () => Promise<void>): Promise<void> {
  const { port } = await site.start();
  const running = contents.map((content) => {
    // Where it could not be written down it is made anew for a later attempt.
    const asking = site.asking("database", "rerun", content, 1, 2);
    site.model.fails(asking.turn, { eventDelayMs: 150 });
    return asking.once(port);
  });
  await sleep(700);
  await what();
  for (const heard of await Promise.all(running)) {
    if (!heard.endsWell)
      throw new Error(`its client was to have its answer, and has ${heard.status} ${heard.body}`);
  }
}

export const databases: readonly TurnFault[] = [
  {
    name: "turn-database/terminated-in-the-middle",
    ledger: "postgres",
    async run(site) {
      await inTheMiddle(site, async () => {
        if ((await site.database.terminate()) === 0) throw new Error("no gateway had a connection");
      });
      await insistAll(site, site.askings);
    },
  },
  {
    name: "turn-database/stopped-in-the-middle",
    ledger: "postgres",
    ownServer: true,
    // Its stream has begun: that it is not written down could not be told any more.
    forgets: true,
    async run(site) {
      await inTheMiddle(site, () => site.database.whileStopped(() => sleep(3000)));
      // What its gateway could not end is free once its lease is over.
      await sleep(turnLeaseMs({}));
      await insistAll(site, site.askings);
    },
  },
];
