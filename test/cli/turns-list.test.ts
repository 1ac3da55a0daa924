import { expect, it } from "vitest";
import { turnJson, turnWords } from "../../src/cli/turns-list.ts";
import { openBoth, record } from "./ledgers.ts";

const detail = { target: "openai", model: "gpt-4o", form: "whole" };
const turn = { run: "r", kind: "turn", detail } as const;

it("says of a turn what was asked, and what became of it", async () => {
  const { gateway } = await openBoth({ nowMs: 1000 });
  const running = await record(gateway, { ...turn, key: "a" });
  expect(turnWords(running, 2000)).toBe(`openai gpt-4o running (turn ${running.id})`);
  expect(turnJson(running, 2000)).toMatchObject({ turn: running.id, state: "intent", run: "r" });
  const refused = await record(gateway, { ...turn, key: "b" }, { state: "declined", reason: "HTTP 429" });
  expect(turnWords(refused, 2000)).toBe(`openai gpt-4o declined: HTTP 429 (turn ${refused.id})`);
  const unnamed = await record(gateway, { ...turn, key: "c", detail: {} }, { state: "done" });
  expect(turnWords(unnamed, 2000)).toBe(`- done (turn ${unnamed.id})`);
});

it("calls one that nobody goes on with given up, and no doubt", async () => {
  const { gateway } = await openBoth({ nowMs: 1000 });
  const left = await record(gateway, { ...turn, key: "a" });
  expect(turnWords(left, 100_000)).toBe(`openai gpt-4o given up (turn ${left.id})`);
  expect(turnJson(left, 100_000)).toMatchObject({ turn: left.id, state: "not-sent" });
  expect(turnJson(left, 100_000)).not.toHaveProperty("operation");
});
