import { expect, it } from "vitest";
import { UnclearClaims } from "../../../src/ledger/postgres/unclear.ts";

it("remembers a claim until it is found, or cannot come any more", () => {
  const unclear = new UnclearClaims();
  unclear.add("a", 0);
  unclear.add("b", 50_000);
  unclear.lookedFor([], 60_000);
  expect(unclear.nonces).toEqual(["a", "b"]);
  unclear.lookedFor(["b"], 60_001);
  expect(unclear.nonces).toEqual([]);
});

it("forgets the oldest over its bound", () => {
  const unclear = new UnclearClaims();
  for (let each = 0; each < 10_002; each += 1) unclear.add(`n${each}`, each);
  expect(unclear.nonces).toHaveLength(10_000);
  expect(unclear.nonces[0]).toBe("n2");
});
