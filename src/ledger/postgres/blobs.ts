import { createHash } from "node:crypto";
import type { Queries } from "./database.ts";

/** Where a blob is. */
export interface BlobPlace {
  readonly tenant: string;
  readonly hash: string;
}

/** What is stored under an address that it was given. */
export interface PlacedBlob extends BlobPlace {
  readonly bytes: Uint8Array;
}

/** Stores bytes once for each tenant; storing them again makes them younger. */
export async function put(queries: Queries, tenant: string, bytes: Uint8Array): Promise<string> {
  const hash = createHash("sha256").update(bytes).digest("hex");
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

/** Stores them under the addresses that they were given, all or none. Of two under one, one stays. */
export async function putAll(queries: Queries, blobs: readonly PlacedBlob[]): Promise<readonly string[]> {
  await queries.run(
    `insert into @blobs as blob (tenant, hash, at_ms, bytes)
     select distinct on (tenant, hash) tenant, hash, @now_ms(), bytes
     from unnest(:tenants::text[], :hashes::text[], :bytes::bytea[]) as given (tenant, hash, bytes)
     on conflict (tenant, hash) do update set at_ms = greatest(blob.at_ms, excluded.at_ms)`,
    { ...placesOf(blobs), bytes: blobs.map(({ bytes }) => bytes) },
  );
  return blobs.map(({ hash }) => hash);
}

/** What is there, in the order of the questions. */
export async function getAll(
  queries: Queries,
  places: readonly BlobPlace[],
): Promise<readonly (Uint8Array | null)[]> {
  const rows = await queries.all(
    `select asked.at, blob.bytes
     from unnest(:tenants::text[], :hashes::text[]) with ordinality as asked (tenant, hash, at)
     join @blobs as blob on blob.tenant = asked.tenant and blob.hash = asked.hash`,
    placesOf(places),
  );
  const found = new Map(rows.map((row) => [row["at"] as number, row["bytes"] as Uint8Array]));
  // The server counts from 1.
  return places.map((_, at) => found.get(at + 1) ?? null);
}

/** How much of a message a blob takes. */
export function bytesOf({ bytes }: PlacedBlob): number {
  return bytes.byteLength;
}

function placesOf(places: readonly BlobPlace[]): {
  readonly tenants: readonly string[];
  readonly hashes: readonly string[];
} {
  return { tenants: places.map(({ tenant }) => tenant), hashes: places.map(({ hash }) => hash) };
}
