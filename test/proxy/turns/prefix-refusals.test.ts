import { expect, it } from "vitest";
import { PrefixRefusals } from "../../../src/proxy/turns/prefix-refusals.ts";

it("knows a model that refused, and no other", () => {
  const refusals = new PrefixRefusals(() => 1_000);
  refusals.refused("a");
  expect([refusals.refuses("a"), refusals.refuses("b")]).toEqual([true, false]);
});

it("lets a model be asked again after an hour, and no earlier", () => {
  let nowMs = 1_000;
  const refusals = new PrefixRefusals(() => nowMs);
  refusals.refused("a");
  nowMs += 3_599_000;
  expect(refusals.refuses("a")).toBe(true);
  nowMs += 2_000;
  expect(refusals.refuses("a")).toBe(false);
});

it("is bounded", () => {
  const refusals = new PrefixRefusals(() => 1_000);
  for (let n = 0; n <= 1000; n++) refusals.refused(`m${n}`);
  expect([refusals.refuses("m0"), refusals.refuses("m1")]).toEqual([false, true]);
});
