import { createHash } from "node:crypto";
import type { Queries } from "./database.ts";

/** Stores bytes once for each tenant; storing them again makes them younger. */
export async function put(
  queries: Queries,
  tenant: string,
  bytes: Uint8Array,
  address?: string,
): Promise<string> {
  const hash = address ?? createHash("sha256").update(bytes).digest("hex");
  // Known bytes do not travel again. They may be gone right after this; then they are stored again.
  const known = await queries.run(
    "update @blobs set at_ms = greatest(at_ms, @now_ms()) where tenant = :tenant and hash = :hash",
    { tenant, hash },
  );
  if (known === 1) return hash;
  await queries.run(
    `insert into @blobs as blob (tenant, hash, at_ms, bytes) values (:tenant, :hash, @now_ms(), :bytes)
     on conflict (tenant, hash) do update set at_ms = greatest(blob.at_ms, excluded.at_ms)`,
    { tenant, hash, bytes },
  );
  return hash;
}

export async function get(queries: Queries, tenant: string, hash: string): Promise<Uint8Array | null> {
  const sql = "select bytes from @blobs where tenant = :tenant and hash = :hash";
  const row = await queries.one(sql, { tenant, hash });
  return row === null ? null : (row["bytes"] as Uint8Array);
}
