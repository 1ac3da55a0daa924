import { everyWay, insistAll, type Fault } from "../fault.ts";
import type { Expected } from "../observed.ts";

const executed: Expected = { effects: 1, end: "done" };
const doubted: Expected = { effects: 1, end: "in-doubt" };
const falselyDoubted: Expected = { effects: 0, end: "in-doubt" };
const cut: Expected = { effects: 1, end: "cut" };

/** How the tool answers the first call, and what that leaves. */
const behaviours: readonly (readonly [name: string, behave: string, expected: Expected])[] = [
  ["dropped-after-the-effect", "effect-then-drop", doubted],
  ["dropped-before-the-effect", "drop-before-effect", falselyDoubted],
  ["reset-after-the-effect", "effect-then-reset", doubted],
  ["reset-before-the-effect", "reset-before-effect", falselyDoubted],
  ["headers-cut", "half-headers", doubted],
  ["body-cut", "half", cut],
  ["shorter-than-announced", "wrong-length", cut],
  ["500-after-the-effect", "effect-then-500", doubted],
  ["503-after-the-effect", "effect-then-503", doubted],
  ["a-proxys-502-after-the-effect", "effect-then-html", doubted],
  ["500-before-the-effect", "500", falselyDoubted],
  ["503-before-the-effect", "503", falselyDoubted],
  ["never", "hang", doubted],
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
      await insistAll(port, calls, { tool: "hasty" });
    },
    ...fault,
  };
}

/** Nothing listens where the tool was; then it is back. */
const unreachable: Fault = {
  name: "answer/unreachable-tool",
  ways: everyWay,
  expected: () => executed,
  async run(site, calls) {
    const { port } = await site.start();
    await site.oracle.whileGone(async () => {
      for (const call of calls) {
        const heard = await call.once(port);
        if (heard?.code !== "upstream_unreachable") throw new Error("the tool was reached");
      }
    });
    await insistAll(port, calls);
  },
};

export const answers: readonly Fault[] = [
  ...behaviours.map(([name, behave, expected]) => answered(name, behave, { expected: () => expected })),
  // A service that honours keys may mean by it that the first dispatch is still at work.
  answered("409", "409", { expected: (mode) => (mode === "keyed" ? falselyDoubted : executed) }),
  // Under a client's own key such a service would refuse for ever; only a key of ours may change.
  answered("402-that-is-kept", "status-kept,status=402", {
    ways: ["run", "rerun", "anonymous"],
    expected: () => executed,
  }),
  unreachable,
];
