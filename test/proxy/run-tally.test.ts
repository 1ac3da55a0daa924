import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Usage } from "../../src/exchange/turn.ts";
import { Portion, Tally } from "../../src/proxy/run-tally.ts";

const usage = (inputTokens: number, outputTokens: number): Usage => ({
  inputTokens,
  outputTokens,
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
});

function begun(tally: Tally, model = "m"): Portion {
  const portion = new Portion(model);
  tally.begin(portion);
  return portion;
}

describe("what stands against an exchange", () => {
  it("is what the ledger has, what ended, and what is under way", () => {
    const tally = new Tally();
    const stored = new Portion("m");
    stored.sent(100);
    stored.add(usage(10, 1));
    tally.hasWritten([stored.toFact()]);

    const ended = begun(tally);
    ended.sent(200);
    ended.add(usage(20, 2));
    tally.end(ended);
    const running = begun(tally, "n");
    running.sent(300);
    running.add(usage(30, 3));

    expect(tally.before(begun(tally), 999)).toEqual({
      calls: 3,
      startedAtMs: 100,
      complete: true,
      models: [
        { model: "m", inputTokens: 30, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 },
        { model: "n", inputTokens: 30, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 },
      ],
    });
  });

  it("is a place for each exchange before it that has not sent yet, and none for those behind it", () => {
    const tally = new Tally();
    const portions = Array.from({ length: 5 }, () => begun(tally));
    expect(portions.map((portion) => tally.before(portion, 0).calls)).toEqual([0, 1, 2, 3, 4]);
    tally.end(portions[1] as Portion);
    expect(tally.before(portions[4] as Portion, 0).calls).toBe(3);
  });

  it("lets no more through than there are places, however exchanges mix", () => {
    const acts = fc.array(fc.record({ who: fc.nat(9), act: fc.constantFrom("judge", "end") }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(acts, fc.integer({ min: 1, max: 6 }), (steps, callsMax) => {
        const tally = new Tally();
        const portions = Array.from({ length: 10 }, () => begun(tally));
        const ended = new Set<number>();
        const judged = new Set<number>();
        for (const { who, act } of steps) {
          const portion = portions[who] as Portion;
          if (ended.has(who)) continue;
          if (act === "end") {
            tally.end(portion);
            ended.add(who);
          } else if (!judged.has(who)) {
            judged.add(who);
            if (tally.before(portion, 0).calls < callsMax) portion.sent(0);
          }
        }
        expect(portions.filter(({ calls }) => calls > 0).length).toBeLessThanOrEqual(callsMax);
      }),
    );
  });

  it("begins now where nothing was sent", () => {
    const tally = new Tally();
    begun(tally);
    expect(tally.before(begun(tally), 5_000)).toMatchObject({ calls: 1, startedAtMs: 5_000, models: [] });
  });
});

describe("what is not written", () => {
  it("is kept together by model until it is", () => {
    const tally = new Tally();
    tally.hasWritten([]);
    for (let exchange = 0; exchange < 3; exchange++) {
      const portion = begun(tally);
      portion.sent(exchange);
      portion.add(usage(1, 1));
      tally.end(portion);
    }
    const portions = tally.takeUnwritten();
    expect(portions.map((portion) => portion.toFact())).toEqual([
      {
        model: "m",
        calls: 3,
        sentAtMs: 0,
        inputTokens: 3,
        outputTokens: 3,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
      },
    ]);
    expect(tally.isBusy).toBe(true);
    tally.notWritten(portions);
    expect([tally.isBusy, tally.isUnwritten]).toEqual([false, true]);
    tally.written(tally.takeUnwritten());
    expect([tally.isBusy, tally.isUnwritten]).toEqual([false, false]);
    expect(tally.before(begun(tally), 9).calls).toBe(3);
  });

  it("is nothing of an exchange that never left", () => {
    const tally = new Tally();
    const refused = begun(tally);
    tally.end(refused);
    const unsent = begun(tally);
    unsent.sent(1);
    unsent.notSent();
    tally.end(unsent);
    expect(tally.takeUnwritten()).toEqual([]);
  });
});

it("tells no end of models apart: a client names them", () => {
  const tally = new Tally();
  tally.hasWritten(
    Array.from({ length: 1_000 }, (_, at) => {
      const portion = new Portion(`model-${at}`.padEnd(1_000, "x"));
      portion.sent(at);
      portion.add(usage(1, 0));
      return portion.toFact();
    }),
  );
  const { calls, models } = tally.before(begun(tally), 0);
  expect(calls).toBe(1_000);
  expect(models.length).toBeLessThan(300);
  expect(Math.max(...models.map(({ model }) => model.length))).toBe(256);
  expect(models.reduce((sum, { inputTokens }) => sum + inputTokens, 0)).toBe(1_000);
});
