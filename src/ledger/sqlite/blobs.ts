import { hash as hashOf } from "node:crypto";
import { LongstopError } from "../../exchange/error.ts";
import { type Failure, packFailure } from "./failures.ts";
import type { Store } from "./store.ts";

/** What is stored, and under which address where that is not its hash. */
export interface BlobAsk {
  readonly tenant: string;
  readonly bytes: Uint8Array;
  readonly address?: string;
}

/** What is stored together with others, each under an address of its own. */
export type NamedBlob = Required<BlobAsk>;

/** Says of each why there is no room for it, or null: its neighbours are kept. */
export function putAll(
  store: Store,
  blobs: readonly NamedBlob[],
  nowMs: number,
): readonly (Failure | null)[] {
  return blobs.map((blob) => {
    try {
      put(store, blob, nowMs);
      return null;
    } catch (thrown) {
      // Whatever else fails may have left something behind, and takes all of them with it.
      if (thrown instanceof LongstopError) return packFailure(thrown);
      throw thrown;
    }
  });
}

/** Stores bytes once for each tenant; storing them again makes them younger. */
export function put(store: Store, { tenant, bytes, address }: BlobAsk, nowMs: number): string {
  const hash = address ?? hashOf("sha256", bytes, "hex");
  if (store.room.has(bytes.byteLength)) {
    store.connection.run(
      `insert into blobs (tenant, hash, at_ms, bytes) values (:tenant, :hash, :nowMs, :bytes)
       on conflict do update set at_ms = max(at_ms, excluded.at_ms)`,
      { tenant, hash, nowMs, bytes },
    );
    return hash;
  }
  const known = store.connection.run(
    "update blobs set at_ms = max(at_ms, :nowMs) where tenant = :tenant and hash = :hash",
    { tenant, hash, nowMs },
  );
  if (known === 0) store.room.require();
  return hash;
}

export function get(store: Store, tenant: string, hash: string): Uint8Array | null {
  const row = store.connection.one("select bytes from blobs where tenant = :tenant and hash = :hash", {
    tenant,
    hash,
  });
  return row === null ? null : (row["bytes"] as Uint8Array);
}
