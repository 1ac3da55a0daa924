import { expect, it } from "vitest";
import { differenceWords, factKinds, subjectOfRun, toldKinds } from "../../src/exchange/run-facts.ts";

it("keeps together what decides something later: usage and closings are not only told", () => {
  expect(toldKinds).toEqual(["verdict", "exchange", "passes", "turn-given-up"]);
  expect(toldKinds).not.toContain(factKinds.runUsage);
  expect(toldKinds).not.toContain(factKinds.runClosed);
});

it("names a run as the subject of facts", () => {
  expect(subjectOfRun("a:b")).toBe("run:a:b");
});

it("says how a turn differs from the recorded one", () => {
  expect(differenceWords({ message: 3, parameters: [] })).toBe("from message 3 on");
  expect(differenceWords({ message: null, parameters: ["model", "tools"] })).toBe("in model, tools");
  expect(differenceWords({ message: 1, parameters: ["model"] })).toBe("from message 1 on, and in model");
});
