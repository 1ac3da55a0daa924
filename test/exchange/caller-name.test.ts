import { expect, it } from "vitest";
import { isCallerName, nameLengthMax } from "../../src/exchange/caller-name.ts";

it.each(["r", "order 7/eu", "ä", "..", "x".repeat(nameLengthMax)])("takes %j", (name) => {
  expect(isCallerName(name)).toBe(true);
});

it.each(["", "x".repeat(nameLengthMax + 1), "a\nb", "a\u0000", "\u007f"])("refuses %j", (name) => {
  expect(isCallerName(name)).toBe(false);
});
