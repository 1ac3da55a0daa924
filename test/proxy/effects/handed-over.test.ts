import { expect, it } from "vitest";
import { systemClock } from "../../../src/proxy/clock.ts";
import { isHandedOver } from "../../../src/proxy/effects/handed-over.ts";
import { win } from "../../conformance/ledger/requests.ts";
import { sqliteUnderTest } from "../../ledger/sqlite/under-test.ts";

it("waits a moment for the one that hands an answer over, and no longer", async () => {
  const store = await sqliteUnderTest();
  const { ledger } = store;
  const record = await win(ledger);
  await ledger.settle(record, { state: "done" });
  const from = performance.now();
  expect(await isHandedOver({ ledger, clock: systemClock }, record)).toBe(false);
  expect(performance.now() - from).toBeLessThan(2000);
  const asked = isHandedOver({ ledger, clock: systemClock }, record);
  await systemClock.sleep(60);
  await ledger.markDelivered(record.id);
  expect(await asked).toBe(true);
  await store.close();
});
