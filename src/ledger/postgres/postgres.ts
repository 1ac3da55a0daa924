import type { LedgerPorts, LedgerStore } from "../ledger-store.ts";
import { PostgresLedger } from "./client.ts";
import { ledgerDown } from "./failures.ts";
import { postgresLimits, postgresOptionSchemas, type PostgresOptions } from "./options.ts";

/** A database that several gateways share. */
export const postgres: LedgerStore<PostgresOptions> = {
  kind: "postgres",
  summary: "A PostgreSQL database, for several gateways: 15 or newer, straight or through a pooler.",
  options: postgresOptionSchemas,
  required: ["url"],
  open: async (options: PostgresOptions, ports: LedgerPorts): Promise<PostgresLedger> => {
    const url = ports.secrets.get("url") ?? "";
    if (!isConnectionString(url)) {
      // What stands there is a secret, so it is not shown.
      throw ledgerDown("What ledger.url points at is no URL of the form postgres://user:password@host/name.");
    }
    return PostgresLedger.open(postgresLimits(url, options), ports);
  },
};

function isConnectionString(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text);
}
