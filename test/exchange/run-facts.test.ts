import { expect, it } from "vitest";
import { factKinds, subjectOfRun, toldKinds } from "../../src/exchange/run-facts.ts";

it("keeps together what decides something later: usage and closings are not only told", () => {
  expect(toldKinds).toEqual(["verdict", "exchange", "passes"]);
  expect(toldKinds).not.toContain(factKinds.runUsage);
  expect(toldKinds).not.toContain(factKinds.runClosed);
});

it("names a run as the subject of facts", () => {
  expect(subjectOfRun("a:b")).toBe("run:a:b");
});
