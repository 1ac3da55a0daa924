import { describe, expect, it } from "vitest";
import { timelineJson, timelineOf, timelineTable, type TimelineQuery } from "../../src/cli/run-timeline.ts";
import { factKinds, subjectOfRun } from "../../src/exchange/run-facts.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { type Clock, openBoth, record } from "./ledgers.ts";
import { tellExchange, tellVerdict } from "./told.ts";

const start = Date.UTC(2026, 10, 30);
const query: TimelineQuery = { tenant: "local", run: "r", limit: 100, skip: 0 };

/** A run in which everything happens that can. */
async function busyRun(clock: Clock, gateway: Ledger): Promise<{ effect: string; turn: string }> {
  await tellVerdict(gateway, "r", { stage: "plan" });
  clock.nowMs += 1000;
  const { id } = await record(gateway, { key: "a", run: "r" }, { state: "in-doubt", reason: "cut" });
  const detail = { target: "openai", model: "gpt-4o", form: "stream" };
  const turn = await record(gateway, { key: "b", run: "r", kind: "turn", detail }, { state: "done" });
  await record(gateway, { key: "c", run: "other" });
  clock.nowMs += 1000;
  const about = { tenant: "local", subject: subjectOfRun("r") };
  await gateway.append([{ ...about, kind: "run-usage", value: { calls: 1 } }]);
  clock.nowMs += 1000;
  await gateway.append([{ ...about, kind: factKinds.runClosed, value: { by: "ada", reason: "over" } }]);
  // It began before all of that, and is told last.
  await tellExchange(gateway, "r", { startedAtMs: start - 1, agent: "ann", gone: true });
  return { effect: id, turn: turn.id };
}

describe("the timeline of a run", () => {
  it("is in the order in which things happened, whenever they were written down", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const { effect: id, turn } = await busyRun(clock, gateway);
    const { entries, earlier } = await timelineOf(operator, query, clock.nowMs);
    expect(earlier).toBe(0);
    expect(timelineTable(entries)).toBe(
      [
        "TIME                      WHAT      STAGE",
        "2026-11-29T23:59:59.999Z  exchange  -      llm openai POST /v1/chat/completions 200, 1.2 s by ann, client left",
        "2026-11-30T00:00:00.000Z  verdict   plan   tool-schema: block, call of pay: No such tool.",
        `2026-11-30T00:00:01.000Z  turn      -      openai gpt-4o, streamed done (turn ${turn})`,
        `2026-11-30T00:00:01.000Z  effect    -      mail POST http://mail/a in doubt: cut (operation ${id})`,
        '2026-11-30T00:00:02.000Z  fact      -      run-usage {"calls":1}',
        "2026-11-30T00:00:03.000Z  closed    -      by ada: over",
        "",
      ].join("\n"),
    );
    const lines = timelineJson(entries).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { at: "2026-11-29T23:59:59.999Z", what: "exchange", status: 200 },
      { what: "verdict", guard: "tool-schema", verdict: "block", done: "carried-out" },
      { what: "turn", turn, state: "done", detail: { model: "gpt-4o" } },
      { what: "effect", operation: id, state: "in-doubt" },
      { what: "fact", kind: "run-usage", value: { calls: 1 } },
      { what: "closed", by: "ada", reason: "over" },
    ]);
  });

  it("tells what a model decided, and of an effect which decision it carries out", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    const about = { tenant: "local", subject: subjectOfRun("r"), kind: factKinds.decisions };
    const calls = [1, 2].map((place) => ({ id: `c${place}`, name: "pay", arguments: [["amount", "5f"]] }));
    const value = { turn: "t1", epoch: 1, stage: null, attempt: null, calls, values: null };
    await gateway.append([{ ...about, value }]);
    await gateway.append([{ ...about, value: { ...value, turn: "t2", calls: [] } }]);
    await gateway.append([{ ...about, value: { elsewhere: [] } }]);
    const decisions = [{ turn: "t1", call: "c1" }];
    const ids: string[] = [];
    for (let i = 0; i < 2; i++) {
      clock.nowMs += 1000;
      ids.push((await record(gateway, { key: "a", run: "r", detail: { tool: "pay", decisions } })).id);
    }
    const { entries } = await timelineOf(operator, query, clock.nowMs);
    expect(entries.map(({ what, words }) => `${what} ${words}`)).toEqual([
      "decisions pay (c1), pay (c2) of turn t1",
      "decisions no call of turn t2",
      'fact decisions {"elsewhere":[]}',
      expect.stringContaining(`(operation ${ids[0]}, decided by c1 of turn t1)`),
      expect.stringContaining(`(operation ${ids[1]})`),
    ]);
    expect(entries[0]?.json).toMatchObject({ turn: "t1", calls: [{ id: "c1" }, { id: "c2" }] });
  });

  it("has a column of attempts where they have names", async () => {
    const { gateway, operator } = await openBoth({ nowMs: start });
    await tellExchange(gateway, "r", { startedAtMs: start - 1, attempt: "20261130T161502417-7f3a2c" });
    await tellVerdict(gateway, "r", { attempt: "x".repeat(99), stage: "plan" });
    await record(gateway, { key: "a", run: "r" });
    const { entries } = await timelineOf(operator, query, start);
    expect(
      timelineTable(entries)
        .split("\n")
        .map((line) => line.slice(26, 75).trimEnd()),
    ).toEqual([
      "WHAT      ATTEMPT                           STAGE",
      "exchange  20261130T161502417-7f3a2c         -",
      "verdict   xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…  plan",
      "effect    -                                 -",
      "",
    ]);
  });

  it("shows the latest, and goes back page by page", async () => {
    const clock = { nowMs: start };
    const { gateway, operator } = await openBoth(clock);
    for (let i = 0; i < 5; i++) {
      clock.nowMs += 1000;
      await tellVerdict(gateway, "r", { reason: `${i}` });
    }
    const reasons = async (limit: number, skip: number): Promise<readonly unknown[]> => {
      const { entries, earlier } = await timelineOf(operator, { ...query, limit, skip }, start);
      return [...entries.map(({ json }) => json["reason"]), earlier];
    };
    expect(await reasons(2, 0)).toEqual(["3", "4", 3]);
    expect(await reasons(2, 2)).toEqual(["1", "2", 1]);
    expect(await reasons(2, 4)).toEqual(["0", 0]);
    expect(await reasons(2, 9)).toEqual([0]);
  });

  it("has the latest facts of a run that has more than are read in one piece", async () => {
    const { gateway, operator } = await openBoth({ nowMs: start });
    const about = { tenant: "local", subject: subjectOfRun("r"), kind: "k" };
    for (let from = 0; from < 21_000; from += 7000) {
      await gateway.append(Array.from({ length: 7000 }, (_, i) => ({ ...about, value: from + i })));
    }
    const { entries, earlier } = await timelineOf(operator, { ...query, limit: 2 }, start);
    expect(entries.map(({ json }) => json["value"])).toEqual([20_998, 20_999]);
    expect(earlier).toBe(19_998);
  });

  it("keeps tenants apart, and exchanges without a run beside all runs", async () => {
    const { gateway, operator } = await openBoth({ nowMs: start });
    await tellVerdict(gateway, "r", { reason: "theirs" }, "acme");
    await tellVerdict(gateway, null, { reason: "nobody's", done: "only-reported" });
    await tellVerdict(gateway, null, { reason: "nobody's of acme" }, "acme");
    const words = async (more: Partial<TimelineQuery>): Promise<readonly string[]> =>
      (await timelineOf(operator, { ...query, ...more }, start)).entries.map((entry) => entry.words);
    expect(await words({})).toEqual([]);
    expect(await words({ tenant: "acme" })).toEqual(["tool-schema: block, call of pay: theirs"]);
    expect(await words({ run: null })).toEqual(["tool-schema: block (only reported), call of pay: nobody's"]);
  });

  it("shows nothing that a terminal would act on", async () => {
    const { gateway, operator } = await openBoth({ nowMs: start });
    await tellVerdict(gateway, "r", { tool: "a\u001b[2J\n", stage: "\u202e", reason: "x".repeat(900) });
    await tellExchange(gateway, "r", { path: "/\u001b]0;b\u0007", startedAtMs: start });
    const { entries } = await timelineOf(operator, query, start);
    const lines = timelineTable(entries).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.join("")).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(260);
  });
});
