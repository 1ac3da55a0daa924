import { everyWay, insistAll, insistOnceOver, namedWays, type Fault } from "../fault.ts";
import type { Expected } from "../observed.ts";

const executed: Expected = { effects: 1, end: "done" };

/** How many equal calls come at once. */
const crowd = 20;

export const callers: readonly Fault[] = [
  {
    name: "caller/twenty-at-once",
    ways: namedWays,
    expected: () => executed,
    async run(site, calls) {
      const { port } = await site.start();
      const ports = [...new Set([port, ...(await site.ports())])];
      await Promise.all(
        calls.flatMap((call) =>
          Array.from({ length: crowd }, (_, i) =>
            call.once(ports[i % ports.length] as number, { behave: "slow,delayMs=300" }),
          ),
        ),
      );
      await insistAll(site, calls);
    },
  },
  {
    name: "caller/vanishes-while-the-tool-works",
    ways: everyWay,
    expected: () => executed,
    async run(site, calls) {
      const { port } = await site.start();
      const impatient = { behave: "slow-effect,delayMs=1000", leaveAfterMs: 300 };
      await Promise.all(calls.map((call) => call.once(port, impatient)));
      await insistOnceOver(site, calls);
    },
  },
  {
    name: "caller/vanishes-three-times",
    ways: everyWay,
    expected: () => executed,
    async run(site, calls) {
      const { port } = await site.start();
      for (let i = 0; i < 3; i++) {
        const impatient = { behave: "slow-effect,delayMs=2000", leaveAfterMs: 200 };
        await Promise.all(calls.map((call) => call.once(port, impatient)));
      }
      await insistOnceOver(site, calls);
    },
  },
];
