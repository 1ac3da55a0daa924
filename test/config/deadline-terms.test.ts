import { expect, it } from "vitest";
import { deadlineTerms } from "../../src/config/deadline-terms.ts";
import { configOf } from "./loading.ts";

it("has deadlines in milliseconds, and none where the configuration says 0", async () => {
  const usual = await configOf("");
  const margins = { marginPercent: 10, marginMsMin: 1_000, marginMsMax: 10_000 };
  expect(deadlineTerms(usual.deadlines)).toEqual({
    mode: "enforce",
    totalMs: Infinity,
    wholeMs: 290_000,
    ...margins,
  });
  const other = await configOf("deadlines: { totalSeconds: 45, wholeSeconds: 0 }");
  expect(deadlineTerms(other.deadlines)).toMatchObject({ totalMs: 45_000, wholeMs: Infinity });
});
