import { doubted, everyWay, insistAll, type Fault } from "../fault.ts";
import { Call } from "../support/call.ts";
import { effectsReach } from "./kills.ts";

/** Half a megabyte for any file of the gateway: its ledger's log soon is larger. */
const fileBlocksMax = 1024;

/** Records answers until the ledger refuses the next call. */
async function fill(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const heard = await new Call(`filling-${i}`, "key").once(port, { behave: "huge,bytes=60000" });
    if (heard?.code === "ledger_down" || heard?.code === "outcome_unknown") return;
  }
  throw new Error("the disk never got full");
}

export const disks: readonly Fault[] = [
  {
    name: "disk/full-before-the-intent",
    ledger: "sqlite",
    ways: everyWay,
    expected: () => ({ effects: 1, end: "done" }),
    async run(site, calls) {
      const full = await site.start({ fileBlocksMax });
      await fill(full.port);
      const before = site.oracle.effects().length;
      for (const call of calls) {
        const heard = await call.once(full.port);
        if (heard?.code !== "ledger_down") throw new Error(`a full ledger said ${heard?.status}`);
      }
      if (site.oracle.effects().length !== before) throw new Error("something was done without an intent");
      await full.kill();
      await insistAll(site, calls);
    },
  },
  {
    name: "disk/full-at-the-outcome",
    ledger: "sqlite",
    ways: everyWay,
    expected: doubted(1),
    async run(site, calls) {
      const full = await site.start({ fileBlocksMax });
      const running = calls.map((call) => call.once(full.port, { behave: "slow,delayMs=4000" }));
      await effectsReach(site, calls.length);
      await fill(full.port);
      for (const heard of await Promise.all(running)) {
        if (heard?.code !== "outcome_unknown")
          throw new Error(`unrecorded, and the caller heard ${heard?.status}`);
      }
      await full.kill();
      await insistAll(site, calls);
    },
  },
];
