import { expect, it } from "vitest";
import { momentNames } from "../../src/exchange/moments.ts";

it("names every moment once, in the order of an exchange", () => {
  expect(momentNames).toEqual(["offer", "call", "result", "prompt", "reply"]);
});
