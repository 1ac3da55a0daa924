import { describe, expect, it } from "vitest";
import {
  latestRounds,
  sameRound,
  sameStep,
  type Round,
  type Step,
} from "../../../src/guards/repeat-breaker/rounds.ts";
import { openaiRequest, subjectOf, user } from "../budget/requests.ts";
import { historyDialects, historyOf, look, type Stated, type Turns } from "./histories.ts";

describe.each(historyDialects)("the rounds at the end of a history of $name", (dialect) => {
  const roundsOf = (turns: Turns): Round[] => [...latestRounds(historyOf(dialect, turns))];
  const shown = (rounds: readonly Round[]): unknown =>
    rounds.map(({ steps }) => steps.map(({ call, result }) => [call.name, result?.texts.join("")]));

  it("are its turns with calls, the latest first, each call with its own result", () => {
    const rounds = roundsOf([[look("one")], [look("two"), { name: "list", result: "three" }]]);
    expect(shown(rounds)).toEqual([
      [
        ["look", "two"],
        ["list", "three"],
      ],
      [["look", "one"]],
    ]);
  });

  it("go back to where a user last spoke, and are none where the user spoke last", () => {
    const before = dialect.turn([look("before")]);
    const after = dialect.turn([look("after")]);
    const of = (...messages: readonly (readonly object[])[]) =>
      shown([...latestRounds(subjectOf(dialect.request(messages.flat() as never)))]);
    expect(of([user("Go.")], before, [user("Again.")], after)).toEqual([[["look", "after"]]]);
    expect(of([user("Go.")], before, [user("Again.")])).toEqual([]);
    expect(of([user("Go.")])).toEqual([]);
  });

  describe("two calls", () => {
    const step = (stated: Stated): Step => roundsOf([[stated]])[0]?.steps[0] as Step;
    const base: Stated = { name: "look", input: '{"at":"it","n":1}', result: "here" };

    it("are the same whatever ids they have, and however their arguments are spelled", () => {
      expect(sameStep(step(base), step(base))).toBe(true);
      expect(sameStep(step(base), step({ ...base, input: '{ "n": 1.0, "at": "it" }' }))).toBe(true);
    });

    it.each<Partial<Stated>>([{ name: "list" }, { input: '{"at":"it","n":2}' }, { result: "there" }])(
      "are not the same with %j",
      (other) => {
        expect(sameStep(step(base), step({ ...base, ...other }))).toBe(false);
      },
    );
  });

  it("are the same whatever order calls side by side have, and only with the same number of each", () => {
    const round = (...calls: readonly Stated[]): Round => roundsOf([calls])[0] as Round;
    const [a, b] = [look("a", '{"x":1}'), look("b", '{"x":2}')] as const;
    expect(sameRound(round(a, b), round(b, a))).toBe(true);
    expect(sameRound(round(a, a, b), round(a, b, b))).toBe(false);
    expect(sameRound(round(a, b), round(a))).toBe(false);
  });
});

describe("results with pictures", () => {
  const [, anthropic] = historyDialects;
  const picture = (source: object): Stated => ({ name: "look", result: [{ type: "image", source }] });
  const stepOf = (stated: Stated): Step =>
    [...latestRounds(historyOf(anthropic, [[stated]]))][0]?.steps[0] as Step;
  const same = (one: object, other: object): boolean =>
    sameStep(stepOf(picture(one)), stepOf(picture(other)));

  it("are compared by the pictures, and never the same where those are elsewhere", () => {
    const png = (data: string) => ({ type: "base64", media_type: "image/png", data });
    expect(same(png("AAAA"), png("AAAA"))).toBe(true);
    expect(same(png("AAAA"), png("BBBB"))).toBe(false);
    const elsewhere = { type: "url", url: "https://camera.test/now" };
    expect(same(elsewhere, elsewhere)).toBe(false);
  });
});

describe("calls without ids", () => {
  it("are paired in their order", () => {
    const turn = (result: string) => [
      { role: "assistant", content: null, function_call: { name: "look", arguments: "{}" } },
      { role: "function", name: "look", content: result },
    ];
    const prompt = openaiRequest([user("Go."), ...turn("one"), ...turn("one")]);
    const [last, first] = [...latestRounds(subjectOf(prompt))];
    expect(last?.steps[0]?.result?.texts).toEqual(["one"]);
    expect(sameRound(last as Round, first as Round)).toBe(true);
  });

  it("that nobody answered are the same as nothing", () => {
    const call = { id: "1", type: "function", function: { name: "look", arguments: "{}" } };
    const prompt = openaiRequest([user("Go."), { role: "assistant", content: null, tool_calls: [call] }]);
    const [round] = [...latestRounds(subjectOf(prompt))];
    expect(round?.steps[0]?.result).toBeUndefined();
    expect(sameRound(round as Round, round as Round)).toBe(false);
  });
});
