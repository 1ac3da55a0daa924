import { describe, expect, it } from "vitest";
import { effects, steps, turnCount } from "../../examples/crash-and-resume/plan.ts";
import { play, scenarios, type Cell } from "../../examples/crash-and-resume/play.ts";
import { brokenPromises, renderTable, tokensIn, type Seen } from "../../examples/crash-and-resume/table.ts";

describe("an agent that is killed behind each of its steps, and begun again", () => {
  it(
    "has the same result, every effect once, and asks for every finished turn once",
    {
      timeout: 600_000,
    },
    async () => {
      // Those of a killed gateway take as long again: `npm run crash-and-resume` plays them too.
      const agents = scenarios.filter(({ killed }) => killed === "agent");
      const played = await play(3, agents);
      expect(brokenPromises(played)).toEqual([]);
      expect(played.cells).toHaveLength(steps.length * 2);
      expect([turnCount, effects.length, steps.length]).toEqual([12, 8, 20]);
      // What was paid in both attempts together is what is paid where nothing is killed.
      const paid = played.cells.filter(({ kind, step }) => kind !== "detected" || step > 1);
      expect(new Set(paid.map(({ seen }) => tokensIn(seen)))).toEqual(new Set([tokensIn(played.whole)]));
    },
  );
});

const attempt = { saw: steps, result: "All is settled.", code: 0, signal: null, complaint: "" };
const whole: Seen = {
  turns: Array.from({ length: turnCount }, (_, at) => at + 1),
  effects,
  first: null,
  last: attempt,
};
const killed = { ...attempt, saw: steps.slice(0, 3), result: null };
const cell: Cell = { killed: "agent", kind: "named", step: 3, seen: { ...whole, first: killed } };

function said(change: Partial<Seen>, more: Partial<Cell> = {}): readonly string[] {
  return brokenPromises({ whole, cells: [{ ...cell, ...more, seen: { ...cell.seen, ...change } }] });
}

describe("the example's own judgement", () => {
  it("has nothing to say where everything was as it must be", () => {
    expect(said({})).toEqual([]);
  });

  it.each<[string, Partial<Seen>]>([
    ["the model was asked for the turns 1 1 2", { turns: [1, ...whole.turns] }],
    ["the model was asked for the turns 2 3", { turns: whole.turns.slice(1) }],
    ["the tool did 9", { effects: [...effects, ...effects.slice(0, 1)] }],
    ["the tool did 8", { effects: [...effects.slice(1), ...effects.slice(-1)] }],
    ["it did not come to its end", { last: { ...attempt, result: null } }],
    ["its result is another one", { last: { ...attempt, result: "Something else." } }],
    [
      "what it had seen was shown to it otherwise",
      { first: { ...killed, saw: ["another", ...killed.saw.slice(1)] } },
    ],
    ["the first attempt was not killed there", { first: { ...killed, saw: killed.saw.slice(1) } }],
    ["the first attempt was not killed there", { first: { ...killed, result: "All is settled." } }],
  ])("would say: %s", (sentence, change) => {
    const broken = said(change).join("\n");
    expect(broken).toContain(`named, agent killed after step 3: ${sentence}`);
  });

  it("lets the first turn be a sample where nothing says that its run was begun again, and no other", () => {
    const again = { turns: [1, ...whole.turns] };
    const first = { ...killed, saw: steps.slice(0, 1) };
    expect(said({ ...again, first }, { kind: "detected", step: 1 })).toEqual([]);
    expect(said(again, { kind: "detected" })).toHaveLength(1);
  });

  it("does not count crashes of an agent that never works", () => {
    const last = { ...attempt, result: null, complaint: "no such tool" };
    expect(brokenPromises({ whole: { ...whole, last }, cells: [] })).toEqual([
      "an agent that nobody kills does not come to its end: no such tool",
    ]);
  });

  it("has a line for each step and a column for each way", () => {
    const lines = renderTable({ whole, cells: [cell, { ...cell, killed: "gateway" }] }).split("\n");
    expect(lines).toHaveLength(1 + steps.length);
    expect(lines[0]?.split(/ {3,}/)).toEqual(["killed after", "NAMED", "NAMED, GATEWAY TOO"]);
    expect(lines[3]).toMatch(/^ 3 {2}effect 1 +12 turns, 8 effects, \d+ tokens, same +12 turns/);
  });
});
