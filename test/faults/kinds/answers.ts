import { doubted, everyWay, insistAll, type Fault } from "../fault.ts";
import type { Expected } from "../observed.ts";

const executed = (): Expected => ({ effects: 1, end: "done" });
const cut = (): Expected => ({ effects: 1, end: "cut" });

/** How the tool answers the first call, and what that leaves. */
const behaviours: readonly (readonly [name: string, behave: string, expected: Fault["expected"]])[] = [
  ["dropped-after-the-effect", "effect-then-drop", doubted(1)],
  ["dropped-before-the-effect", "drop-before-effect", doubted(0)],
  ["reset-after-the-effect", "effect-then-reset", doubted(1)],
  ["reset-before-the-effect", "reset-before-effect", doubted(0)],
  ["headers-cut", "half-headers", doubted(1)],
  ["body-cut", "half", cut],
  ["shorter-than-announced", "wrong-length", cut],
  ["500-after-the-effect", "effect-then-500", doubted(1)],
  ["503-after-the-effect", "effect-then-503", doubted(1)],
  ["a-proxys-502-after-the-effect", "effect-then-html", doubted(1)],
  ["500-before-the-effect", "500", doubted(0)],
  ["503-before-the-effect", "503", doubted(0)],
  ["never", "hang", doubted(1)],
  ["402", "402", executed],
  ["404", "404", executed],
  ["429", "429", executed],
];

function answered(name: string, behave: string, fault: Partial<Fault> & Pick<Fault, "expected">): Fault {
  return {
    name: `answer/${name}`,
    ways: everyWay,
    async run(site, calls) {
      const { port } = await site.start();
      await Promise.all(calls.map((call) => call.once(port, { behave, tool: "hasty" })));
      await insistAll(site, calls, { tool: "hasty" });
    },
    ...fault,
  };
}

/** Nothing listens where the tool was; then it is back. */
const unreachable: Fault = {
  name: "answer/unreachable-tool",
  ways: everyWay,
  expected: executed,
  async run(site, calls) {
    const { port } = await site.start();
    await site.oracle.whileGone(async () => {
      for (const call of calls) {
        const heard = await call.once(port);
        if (heard?.code !== "upstream_unreachable") throw new Error("the tool was reached");
      }
    });
    await insistAll(site, calls);
  },
};

export const answers: readonly Fault[] = [
  ...behaviours.map(([name, behave, expected]) => answered(name, behave, { expected })),
  // A service that honours keys may mean by it that the first dispatch is still at work: a doubt, which ends.
  answered("409", "409", { expected: executed }),
  // Under a client's own key such a service would refuse for ever; only a key of ours may change.
  answered("402-that-is-kept", "status-kept,status=402", {
    ways: ["run", "rerun", "anonymous"],
    expected: executed,
  }),
  unreachable,
];
