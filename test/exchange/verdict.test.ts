import { expect, it } from "vitest";
import { pass, type Verdict } from "../../src/exchange/verdict.ts";

it("passes without a word about the subject", () => {
  const verdict: Verdict<never> = pass;
  expect(verdict).toEqual({ kind: "pass" });
});
