import type { TurnFailpoint } from "../../../../src/proxy/failpoint.ts";
import { contents, insistAll, waysAt, type TurnFault } from "../fault.ts";

/** Between two events of the model, ms: pieces are written down while it speaks. */
export const eventDelayMs = 40;
/** The same where its gateway must die before it has said all, also where a database takes long to write. */
const slowEventDelayMs = 300;
const inTheMiddle: ReadonlySet<TurnFailpoint> = new Set(["turn-head-written", "turn-piece-written"]);

/** How often the model is asked in the end where its gateway is killed at each place. */
const places: Readonly<Record<TurnFailpoint, number>> = {
  // It had not been asked yet.
  "turn-claimed": 1,
  "turn-head-written": 2,
  "turn-piece-written": 2,
  "before-turn-settled": 2,
  "after-turn-settled": 1,
  "before-turn-delivered": 1,
};

const atPlaces = (Object.keys(places) as TurnFailpoint[]).map((failpoint): TurnFault => ({
  name: `turn-kill/${failpoint}`,
  dies: true,
  ...(failpoint === "before-turn-settled" ? { forgets: true } : {}),
  async run(site) {
    for (const way of waysAt(site)) {
      for (const content of contents) {
        const asking = site.asking(failpoint, way, content, places[failpoint]);
        const firstDelayMs = inTheMiddle.has(failpoint) ? slowEventDelayMs : eventDelayMs;
        site.model.fails(asking.turn, { eventDelayMs: firstDelayMs }, { eventDelayMs });
        const doomed = await site.start({ failpoint });
        const [, signal] = await Promise.all([asking.once(doomed.port), doomed.exited]);
        if (signal !== "SIGKILL") throw new Error(`${failpoint} did not end the gateway`);
      }
    }
    await insistAll(site, site.askings);
  },
}));

/**
 * The gateway dies while the retry of a client that left reads along: at the gateway itself, or at another
 * replica. Whoever has a part must not get the rest of another generation.
 */
const whileReadAlong: TurnFault = {
  name: "turn-kill/while-a-retry-reads-along",
  dies: true,
  async run(site) {
    const doomed = await site.start();
    const [elsewhere = doomed.port] = site.isShared ? await site.ports() : [];
    const along = contents.map(async (content) => {
      const asking = site.asking("along", "marked", content, 2);
      site.model.fails(asking.turn, { eventDelayMs: 150 });
      await asking.once(doomed.port, { leave: /g1w0/ });
      const reading = asking.once(elsewhere);
      const cut = asking.once(doomed.port, { leave: /g1w2/ });
      return { reading, cut };
    });
    const begun = await Promise.all(along);
    await Promise.all(begun.map(({ cut }) => cut));
    await doomed.kill();
    await Promise.all(begun.map(({ reading }) => reading));
    await insistAll(site, site.askings);
  },
};

export const kills: readonly TurnFault[] = [...atPlaces, whileReadAlong];
