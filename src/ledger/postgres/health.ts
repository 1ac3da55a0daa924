import type { LedgerHealth } from "../ledger.ts";
import type { Database } from "./database.ts";

const mebi = 1024 * 1024;

/**
 * How the ledger feels. It writes, because a server that is full, or has become a standby, still
 * reads; one row for all gateways, and not oftener than each second.
 */
export async function health(database: Database): Promise<LedgerHealth> {
  await database.alone.run(
    "update @ledger set probed_at_ms = @now_ms() where probed_at_ms < @now_ms() - 1000",
  );
  const row = await database.alone.one(
    `select coalesce(sum(pg_catalog.pg_total_relation_size(class.oid)), 0)::bigint as size_bytes
     from pg_catalog.pg_class class join pg_catalog.pg_namespace space on space.oid = class.relnamespace
     where space.nspname = :schema and class.relkind = 'r'`,
    { schema: database.schema },
  );
  const sizeBytes = Number(row?.["size_bytes"]);
  const detail = `The ledger ${database.place} holds ${(sizeBytes / mebi).toFixed(1)} MiB.`;
  return { ok: true, detail, sizeBytes };
}
