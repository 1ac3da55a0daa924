import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SqliteLedger } from "../../../src/ledger/sqlite/client.ts";
import { openStore, type OpenStore } from "../../../src/ledger/sqlite/opening.ts";
import { sqliteLimits, type SqliteOptions } from "../../../src/ledger/sqlite/options.ts";
import type { LedgerPorts } from "../../../src/ledger/ledger-store.ts";
import type { LedgerUnderTest } from "../../conformance/ledger/requests.ts";

/** A folder of its own for one ledger, and how it is taken away again. */
export function ledgerFolder(): { readonly file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "longstop-ledger-"));
  return {
    file: join(folder, "data", "longstop.db"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function portsOf(role: LedgerPorts["role"], now: () => number, reports: string[] = []): LedgerPorts {
  return { now, newId: randomUUID, report: (sentence) => reports.push(sentence), role, secrets: new Map() };
}

/** The whole store with its worker, in a folder of its own. */
export async function sqliteUnderTest(options: Partial<SqliteOptions> = {}): Promise<SqliteUnderTest> {
  const folder = ledgerFolder();
  const limits = sqliteLimits({ file: folder.file, ...options });
  const clock = { nowMs: 1_800_000_000_000 };
  const reports: string[] = [];
  const open = (role: LedgerPorts["role"]): Promise<SqliteLedger> =>
    SqliteLedger.open(
      limits,
      portsOf(role, () => clock.nowMs, reports),
    );
  let ledger = await open("gateway");
  return {
    soleOwner: true,
    file: folder.file,
    reports,
    get ledger() {
      return ledger;
    },
    advance: async (ms) => {
      clock.nowMs += ms;
    },
    restart: async () => {
      await ledger.close();
      ledger = await open("gateway");
    },
    beside: () => open("operator"),
    close: async () => {
      await ledger.close();
      folder.remove();
    },
  };
}

export interface SqliteUnderTest extends LedgerUnderTest {
  readonly ledger: SqliteLedger;
  readonly file: string;
  /** What the store told the operator. */
  readonly reports: readonly string[];
}

/** The store without its worker: each verb as a plain function call. */
export function storeUnderTest(options: Partial<SqliteOptions> = {}): OpenStore {
  const folder = ledgerFolder();
  const opened = openStore(sqliteLimits({ file: folder.file, ...options }), "gateway", 1000);
  const close = (): void => {
    opened.close();
    folder.remove();
  };
  return { ...opened, close };
}
