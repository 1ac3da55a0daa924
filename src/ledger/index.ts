import type { LedgerStore } from "./ledger-store.ts";
import { postgres } from "./postgres/postgres.ts";
import { sqlite } from "./sqlite/sqlite.ts";

/** Every kind of ledger. One file and one line per store. */
export const stores: readonly LedgerStore[] = [sqlite, postgres];
