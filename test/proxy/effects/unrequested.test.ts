import { afterEach, beforeEach, expect, it } from "vitest";
import type { LongstopError } from "../../../src/exchange/error.ts";
import { Decisions } from "../../../src/proxy/decisions/decisions.ts";
import { mappedCalls } from "../../../src/proxy/decisions/mapped-call.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import { tellUnrequested } from "../../../src/proxy/effects/unrequested.ts";
import { memoryOf } from "../../../src/proxy/memory.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { engineSettings, toolOf } from "../support/engine-settings.ts";
import { callerOf, plainExchange } from "../support/plain-exchange.ts";
import { recordedLog } from "../support/recorded-log.ts";

let store: SqliteUnderTest;
beforeEach(async () => {
  store = await sqliteUnderTest();
});
afterEach(() => store.close());

const names = ["a", "b", "c", "d", "e", "f", "g"];

/** A call that differs from the one that was decided in all of its arguments. */
async function told(mode: "report" | "enforce", unrequested: "report" | "block", keepValues = true) {
  const caller = callerOf({ id: "r", attempt: "a" });
  const { log, entries } = recordedLog();
  const memory = memoryOf(store.ledger, log, Date.now);
  const decisions = new Decisions(store.ledger, log, Date.now);
  const members = Object.fromEntries(names.map((name) => [name, "x".repeat(500)]));
  const call = { id: "c1", name: "pay", kind: "function", argumentsText: JSON.stringify(members) } as const;
  const kept = new Set(keepValues ? ["pay"] : []);
  const given = { caller, turn: "t1", epoch: 1, names: kept, isRunning: () => false };
  await decisions.give({ ...given, calls: () => Promise.resolve([call]) })();
  const mapping = {
    tool: "pay",
    path: "/p",
    arguments: Object.fromEntries(names.map((name) => [name, `{/${name}}`])),
  };
  const body = Buffer.from('{"a":1}');
  const calls = mappedCalls([mapping], {
    method: "POST",
    path: "/p",
    query: "",
    contentType: undefined,
    body,
  });
  const plain = engineSettings();
  const settings = { ...plain, effects: { ...plain.effects, mode, unrequested } };
  const exchange = {
    engine: { ...memory, settings, decisions, log },
    inbound: { id: "exchange-1", noteUnrecorded: () => {} },
    at: plainExchange({ plane: "tool", caller, target: "bank" }),
    tool: toolOf("bank", "http://bank"),
  } as unknown as ToolExchange;
  const known = await decisions.of(caller);
  const thrown = await tellUnrequested(exchange, calls, known).then(
    () => null,
    (error: unknown) => error as LongstopError,
  );
  await memory.lateFacts.close();
  const verdicts = (await store.ledger.facts("local", "run:r", "verdict")).map(({ value }) => value);
  return { thrown, entries, verdicts };
}

it("names some of many differences, and of long values the beginning", async () => {
  const { thrown } = await told("enforce", "block");
  expect(thrown).toMatchObject({ code: "unrequested", status: 400, retryable: false });
  expect(thrown?.message).toContain("which differs in a, b, c, d, e and 2 more.");
  expect(thrown?.message).toContain("called 1;");
  expect(thrown?.message).toContain("called nothing");
  expect(thrown?.message.length).toBeLessThan(1500);
  const { differing } = (thrown?.detail ?? {})["nearest"] as { differing: { decided: string }[] };
  expect(differing).toHaveLength(5);
  expect(differing[0]?.decided).toMatch(/^"x{78}…$/);
});

it("says that there is something where a value was not kept", async () => {
  const { thrown } = await told("enforce", "block", false);
  expect(thrown?.message).toContain("a: decided something, called 1");
});

it.each([
  ["report", "block"],
  ["enforce", "report"],
] as const)("only says so where effects are in %s and such calls in %s", async (mode, unrequested) => {
  const { thrown, entries, verdicts } = await told(mode, unrequested);
  expect(thrown).toBeNull();
  expect(entries.map(({ what }) => what)).toEqual(["a call that no model decided on"]);
  expect(verdicts).toMatchObject([{ guard: "decisions", done: "only-reported", mode: "report", call: "c1" }]);
});
