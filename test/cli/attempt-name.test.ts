import { randomBytes } from "node:crypto";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { newAttemptName } from "../../src/cli/attempt-name.ts";

const random = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0xaf);

it("is the time and something random", () => {
  expect(newAttemptName(Date.UTC(2026, 10, 30, 16, 15, 2, 417), random)).toBe("20261130T161502417-afafaf");
});

it("sorts as attempts began, and needs no encoding in a URL", () => {
  const times = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2200, 0, 1) });
  fc.assert(
    fc.property(times, times, (one, other) => {
      const [first = "", second = ""] = [one, other].map((atMs) => newAttemptName(atMs, random));
      expect(first < second).toBe(one < other);
      expect(encodeURIComponent(first)).toBe(first);
    }),
  );
});

it("is another one each time", () => {
  expect(new Set(Array.from({ length: 50 }, () => newAttemptName(0, randomBytes))).size).toBe(50);
});
