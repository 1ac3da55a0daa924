import type { LedgerPorts, LedgerStore } from "../ledger-store.ts";
import { SqliteLedger } from "./client.ts";
import { sqliteLimits, sqliteOptionSchemas, type SqliteOptions } from "./options.ts";

/** One file on one machine, through `node:sqlite` in a worker thread. */
export const sqlite: LedgerStore<SqliteOptions> = {
  kind: "sqlite",
  summary: "One SQLite file, owned by one gateway. Durable to power loss; needs nothing installed.",
  options: sqliteOptionSchemas,
  open: (options: SqliteOptions, ports: LedgerPorts): Promise<SqliteLedger> =>
    SqliteLedger.open(sqliteLimits(options), ports),
};
