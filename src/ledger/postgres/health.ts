import { lossSentence } from "../../exchange/loss.ts";
import type { LedgerHealth } from "../ledger.ts";
import type { Database } from "./database.ts";
import type { Generation } from "./generation.ts";

const mebi = 1024 * 1024;

/**
 * How the ledger feels. It writes, because a server that is full, or has become a standby, still
 * reads; one row for all gateways, and not oftener than each second. It looks, too, whether it was put back.
 */
export async function health(database: Database, generation: Generation): Promise<LedgerHealth> {
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
  await generation.look();
  const { loss, failure } = generation;
  const ledger = `The ledger ${database.place}`;
  const detail =
    loss === null ? `${ledger} holds ${(sizeBytes / mebi).toFixed(1)} MiB.` : lossSentence(ledger, loss);
  return {
    ok: loss === null,
    detail: failure === null ? detail : `${detail} ${failure}`,
    ...(loss === null ? {} : { loss }),
    sizeBytes,
  };
}
