import { expect, it, onTestFinished } from "vitest";
import { factKinds, passesPlace } from "../../src/exchange/run-facts.ts";
import { memoryOf } from "../../src/proxy/memory.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

it("is empty at first, and what is counted in it goes to the ledger that it is of", async () => {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  const memory = memoryOf(under.ledger, recordedLog().log, () => 1000);
  expect(memory.passes.take()).toBeNull();
  expect(await memory.conversations.facts(callerOf(), "c")).toEqual({ facts: [], writable: true });
  memory.passes.add({ guard: "g", mode: "enforce" }, "call");
  await memory.lateFacts.close();
  const { tenant, subject } = passesPlace;
  const [fact] = await under.ledger.facts(tenant, subject, factKinds.passes);
  expect(fact?.value).toMatchObject({ fromMs: 1000, passes: [{ guard: "g", count: 1 }] });
});
