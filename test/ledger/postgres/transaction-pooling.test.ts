import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ledgerSuite } from "../../conformance/ledger-suite.ts";
import { urlOf } from "./server.ts";
import { sharedServer } from "./shared-server.ts";
import { startTransactionPooler, type TransactionPooler } from "./transaction-pooler.ts";
import { postgresUnderTest } from "./under-test.ts";

let pooler: TransactionPooler;
beforeAll(async () => {
  pooler = await startTransactionPooler(await sharedServer());
});
afterAll(() => pooler.close());

it("tries with a pooler that forgets what a session keeps, and knows no other parameters", async () => {
  const client = new Client({ connectionString: urlOf(pooler.port) });
  await client.connect();
  await client.query("set search_path = nowhere");
  expect((await client.query("show search_path")).rows).not.toEqual([{ search_path: "nowhere" }]);
  await client.query("begin");
  await client.query("set local search_path = nowhere");
  expect((await client.query("show search_path")).rows).toEqual([{ search_path: "nowhere" }]);
  await client.query("rollback");
  await client.query({ name: "kept", text: "select 1" });
  await expect(client.query({ name: "kept", text: "select 1" })).rejects.toThrow("does not exist");
  await client.end();
  const wanting = new Client({ connectionString: urlOf(pooler.port), statement_timeout: 1000 });
  await expect(wanting.connect()).rejects.toThrow("unsupported startup parameter");
});

ledgerSuite("postgres behind a transaction pooler", () => postgresUnderTest({ port: pooler.port }));

it("gave the ledger another connection for nearly each transaction", () => {
  expect(pooler.changes).toBeGreaterThan(1000);
});
