import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runAtEnd, type Rules, type Run } from "../../../src/guards/repeat-breaker/runs.ts";
import { historyDialects, historyOf, look, times, type Stated, type Turns } from "./histories.ts";

const rules: Rules = {
  repeatsMax: 3,
  failuresMax: 4,
  isPolling: (tool) => tool === "wait",
  failed: ({ result }) => result?.texts.join("").startsWith("bad") === true,
};

const a = look("a", '{"x":"a"}');
const b = look("b", '{"x":"b"}');
const c: Stated = { name: "list", input: '{"x":"c"}', result: "c" };
const d = look("d", '{"x":"d"}');
const wait: Stated = { name: "wait", result: "not yet" };

describe.each(historyDialects)("the run at the end of a history of $name", (dialect) => {
  const run = (turns: Turns, more: Partial<Rules> = {}): Run | undefined =>
    runAtEnd(historyOf(dialect, turns), { ...rules, ...more });

  it("is none in a history that goes on", () => {
    expect(run([])).toBeUndefined();
    expect(run([[a], [b], [a], [c], [a]])).toBeUndefined();
    expect(run([[a], [a]])).toBeUndefined();
    expect(run([...times(5, [a]), [b]])).toBeUndefined();
  });

  it("is equal calls with equal results, in turns or side by side", () => {
    const equal = { kind: "repeated", count: 3, period: 1, tools: ["look"] };
    expect(run([[b], ...times(3, [a])])).toMatchObject(equal);
    expect(run([[b], [a, a, a]])).toMatchObject(equal);
    expect(run([[b], [a], [a, a]])).toMatchObject(equal);
    expect(
      run(times(3, [look("other each time")]).map(([call], at) => [{ ...call!, result: `${at}` }])),
    ).toBe(undefined);
  });

  it("is a pattern of two or three turns, and of turns with several calls", () => {
    expect(run([[d], ...times(3, [[a], [b]]).flat()])).toMatchObject({ count: 3, period: 2 });
    expect(run([[d], ...times(3, [[a], [b], [c]]).flat()])).toMatchObject({
      count: 3,
      period: 3,
      tools: ["look", "list"],
    });
    expect(run([[d], [a, c], [c, a], [a, c]])).toMatchObject({ count: 3, period: 1 });
    expect(run([[d], [b], ...times(2, [[a], [b]]).flat()])).toBeUndefined();
    expect(run(times(3, [[a], [b], [c], [d]]).flat())).toBeUndefined();
  });

  it("is none where one of the calls waits for something", () => {
    expect(run(times(9, [wait]))).toBeUndefined();
    expect(run(times(9, [[wait], [a]]).flat())).toBeUndefined();
    expect(run(times(9, [a, wait]))).toBeUndefined();
  });

  it("says where it began, and looks no further than twice the limit", () => {
    const subject = historyOf(dialect, [[b], ...times(4, [a])]);
    const found = runAtEnd(subject, rules);
    expect(found).toMatchObject({ count: 4 });
    const withCalls = subject.messages.filter(({ hasCalls }) => hasCalls).map(({ index }) => index);
    expect(found?.from).toBe(withCalls[1]);
    expect(run(times(50, [a]))).toMatchObject({ count: 6 });
    expect(run(times(50, [[a], [b]]).flat())).toMatchObject({ count: 6, period: 2 });
  });

  it("is calls that failed, whatever they were", () => {
    const failed = (x: number): Stated => look(`bad ${x}`, `{"x":${x}}`);
    const failures = [[failed(1)], [failed(2)], [{ ...c, result: "bad too" }], [failed(4)]];
    expect(run([[a], ...failures])).toMatchObject({ kind: "failed", count: 4, tools: ["look", "list"] });
    expect(run([[a], ...failures.slice(1)])).toBeUndefined();
    expect(run([...failures, [a]])).toBeUndefined();
    expect(run([...failures.slice(1), [failed(1), a]])).toBeUndefined();
    expect(run(failures, { failuresMax: 0 })).toBeUndefined();
  });

  it("is not looked for where its number is 0", () => {
    expect(run(times(9, [a]), { repeatsMax: 0 })).toBeUndefined();
  });

  it("is found in every pattern that comes often enough, whatever came before", () => {
    const call = fc.constantFrom(a, b, c, d);
    const turn = fc.array(call, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(turn, { maxLength: 5 }),
        fc.array(turn, { minLength: 1, maxLength: 3 }),
        (before, pattern) => {
          expect(run([...before, ...times(3, pattern).flat()])).toBeDefined();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("looking for a run", () => {
  it("reads no more of a history than its last few turns where nothing repeats", () => {
    const [openai] = historyDialects;
    const subject = historyOf(
      openai,
      Array.from({ length: 200 }, (_, at) => [look(`${at}`, `{"x":${at}}`)]),
    );
    let read = 0;
    const messages = new Proxy(subject.messages, {
      get(target, key, receiver): unknown {
        if (typeof key === "string" && /^\d+$/.test(key)) read++;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    expect(runAtEnd({ ...subject, messages }, rules)).toBeUndefined();
    expect(read).toBeLessThan(20);
  });
});
