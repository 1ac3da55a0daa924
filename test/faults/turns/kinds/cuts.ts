import type { Faults } from "../../../../examples/provider/answer.ts";
import { contents, tellAgain, type TurnFault } from "../fault.ts";
import type { TurnSite } from "../site.ts";

/** So many turns are cut at the same time. */
const atOnce = 8;

/** How many events the model's stream has. */
async function eventsOf(site: TurnSite, content: (typeof contents)[number]): Promise<number> {
  const { speech, model } = site;
  const answer = await fetch(model.url + speech.path, {
    method: "POST",
    headers: speech.headers(`count-${content}`),
    body: speech.body(true),
  });
  return (await answer.text()).split("\n\n").length - 1;
}

/** The stream is cut behind every event in turn, and asked for again by who has the evidence to. */
function cutBehindEachEvent(how: "break" | "end", fault: Partial<TurnFault> = {}): TurnFault {
  const name = how === "break" ? "connection-breaks" : "body-ends";
  return {
    name: `turn-cut/${name}-behind-each-event${fault.unjudged === true ? "-unjudged" : ""}`,
    async run(site) {
      const { port } = await site.start();
      const waiting: (() => Promise<void>)[] = [];
      for (const content of contents) {
        const events = await eventsOf(site, content);
        for (let at = 0; at <= events; at++) {
          for (const way of ["marked", "rerun", "unmarked"] as const) {
            // What is whole without its last events is not asked for again.
            const asking = site.asking(`cut-${at}`, way, content, 1, 2);
            const cut: Faults = { cutAfterEvents: at, cut: how };
            site.model.fails(asking.turn, cut);
            waiting.push(async () => {
              // Who had all of it and asks again wants another answer.
              if (!(await asking.once(port)).endsWell) await asking.insist(port);
              await tellAgain(site, asking);
            });
          }
        }
      }
      const work = async (): Promise<void> => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    },
    ...fault,
  };
}

export const cuts: readonly TurnFault[] = [
  cutBehindEachEvent("break"),
  cutBehindEachEvent("end"),
  cutBehindEachEvent("break", { unjudged: true }),
  cutBehindEachEvent("end", { unjudged: true }),
];
