import { contents, tellAgain, type TurnFault } from "../fault.ts";
import type { AskOptions } from "../asking.ts";
import { eventDelayMs } from "./kills.ts";

/** Where a client goes away. The model takes its time before it speaks. */
const places: Readonly<Record<string, NonNullable<AskOptions["leave"]>>> = {
  "before-the-head": 200,
  "in-the-first-word": /g1w0/,
  "in-the-text": /g1w3/,
  // Behind the last word a call is held, or only the end is missing.
  "behind-the-text": /g1w5/,
};

/** Its retry gets the answer that is being made, at the same gateway; where it says so, at another one, too. */
const leaving = Object.entries(places).map(([place, leave]): TurnFault => ({
  name: `turn-client/leaves-${place}`,
  async run(site) {
    const { port } = await site.start();
    const { ways, at } = site.isShared
      ? { ways: ["marked"] as const, at: (await site.ports())[0] ?? port }
      : { ways: ["marked", "unmarked", "rerun"] as const, at: port };
    await Promise.all(
      contents.flatMap((content) =>
        ways.map(async (way) => {
          const asking = site.asking(place, way, content, 1);
          site.model.fails(asking.turn, { delayMs: 400, eventDelayMs });
          await asking.once(port, { leave });
          await asking.insist(at);
          await tellAgain(site, asking);
        }),
      ),
    );
  },
}));

const many = 8;

/** Equal requests at the same time, of which nobody says that it is a retry: each gets an answer of its own. */
const samples: TurnFault = {
  name: "turn-client/eight-samples-at-once",
  async run(site) {
    const { port } = await site.start();
    const ports = [...new Set([port, ...(await site.ports())])];
    await Promise.all(
      contents.map(async (content) => {
        const asking = site.asking("samples", "sample", content, many);
        site.model.fails(
          asking.turn,
          ...Array.from({ length: many }, () => ({ delayMs: 100, eventDelayMs })),
        );
        const asked = Array.from({ length: many }, (_, at) =>
          asking.once(ports[at % ports.length] as number),
        );
        await Promise.all(asked);
      }),
    );
  },
};

/** Some of them leave, and ask again at once: those get what was begun for them, and no sample is lost. */
const leavingSamples: TurnFault = {
  name: "turn-client/three-of-eight-samples-leave",
  async run(site) {
    const { port } = await site.start();
    await Promise.all(
      contents.map(async (content) => {
        const asking = site.asking("samples", "sample", content, many);
        site.model.fails(
          asking.turn,
          ...Array.from({ length: many }, () => ({ delayMs: 100, eventDelayMs })),
        );
        const one = async (at: number): Promise<void> => {
          if (at >= 3) return void (await asking.once(port));
          await asking.once(port, { leave: new RegExp(`g\\d+w${at}`) });
          await asking.once(port);
        };
        await Promise.all(Array.from({ length: many }, (_, at) => one(at)));
      }),
    );
  },
};

/** A later attempt gets all of them again, each once. */
const samplesAgain: TurnFault = {
  name: "turn-client/eight-samples-and-a-later-attempt",
  async run(site) {
    const { port } = await site.start();
    const [elsewhere = port] = await site.ports();
    for (const content of contents) {
      const asking = site.asking("samples", "sample", content, many);
      await Promise.all(Array.from({ length: many }, () => asking.once(port)));
      const first = asking.heard.splice(0);
      for (let at = 0; at < many; at++) await asking.once(elsewhere, { attempt: "second" });
      const told = (heard: typeof first): string =>
        heard
          .map(({ body }) => body)
          .sort()
          .join("\n");
      if (told(first) !== told(asking.heard)) throw new Error("a later attempt was told other samples");
    }
  },
};

export const clients: readonly TurnFault[] = [...leaving, samples, leavingSamples, samplesAgain];
