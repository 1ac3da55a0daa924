import { describe, expect, it, onTestFinished } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { valueAsWritten, valueToWrite } from "../../src/proxy/fact-value.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";

async function openLedger(): Promise<Ledger> {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  return under.ledger;
}

describe("the value of a fact", () => {
  it.each([null, 0, "text", { from: 3 }, ["x"], { truth: "é".repeat(2_000) }])(
    "stands in the fact itself while it is small: %j",
    async (value) => {
      const ledger = await openLedger();
      const written = await valueToWrite(ledger, "local", value);
      expect(written).toBe(value);
      expect(await valueAsWritten(ledger, "local", written)).toBe(value);
    },
  );

  it.each([20_000, 700_000])("of %i characters lies in blobs, and comes back as it was", async (length) => {
    const ledger = await openLedger();
    const value = { truth: ["é💥".repeat(length / 3)], before: "b" };
    const written = await valueToWrite(ledger, "local", value);
    expect(JSON.stringify(written).length).toBeLessThan(2_000);
    expect(await valueAsWritten(ledger, "local", JSON.parse(JSON.stringify(written)))).toEqual(value);
  });

  it("is undefined once its blobs are gone, and belongs to its tenant", async () => {
    const ledger = await openLedger();
    const written = await valueToWrite(ledger, "local", "x".repeat(20_000));
    expect(await valueAsWritten(ledger, "another", written)).toBeUndefined();
  });
});
