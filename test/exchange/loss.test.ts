import { expect, it } from "vitest";
import { lossSentence, type Loss } from "../../src/exchange/loss.ts";

const toMs = Date.UTC(2027, 0, 1, 12);

it.each<[Loss["why"], number | null, string]>([
  [
    "older",
    toMs - 1000,
    "its last entry is of 2027-01-01T11:59:59.000Z, and it had entries up to 2027-01-01T12:00",
  ],
  ["older", null, "nothing is recorded, and it had entries up to 2027-01-01T12:00:00.000Z"],
  ["other", null, "is not the one that was here before, which had entries up to 2027-01-01T12:00:00.000Z"],
  ["unwitnessed", toMs, "its last entry is of 2027-01-01T12:00:00.000Z; later ones may be gone"],
  [
    "copied",
    toMs,
    "is a copy, such as a restored dump: its last entry is of 2027-01-01T12:00:00.000Z; later",
  ],
])("says of a ledger that is %s from when to when, and what is to be done", (why, fromMs, words) => {
  const sentence = lossSentence("The ledger a.db", { why, fromMs, toMs });
  expect(sentence).toMatch(/^The ledger a\.db (is|came) /);
  expect(sentence).toContain(words);
  expect(sentence).toMatch(/longstop ledger confirm\.$/);
});
