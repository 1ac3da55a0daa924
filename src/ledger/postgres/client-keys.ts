import { createHash } from "node:crypto";
import type { ClaimAsk } from "./claims.ts";
import type { Queries } from "./database.ts";
import { type Found, findRecord } from "./records.ts";

/** The record that a client key names, and the payload that the key came with first. */
export interface NamedRecord {
  readonly found: Found;
  readonly fingerprint: string;
}

/**
 * The record that the client's key names; null where there is no key, or where it names nothing yet.
 * Then it names, from here on, the record that the claim would make: whoever comes with the same key
 * waits for this transaction, and there is one winner.
 */
export async function reserveClientKey(queries: Queries, ask: ClaimAsk): Promise<NamedRecord | null> {
  if (ask.clientKey === null) return null;
  const hash = hashOf(ask, ask.clientKey);
  for (;;) {
    const reserved = await queries.run(
      `insert into @client_keys (hash, claim, fingerprint) values (:hash, :claim, :fingerprint)
       on conflict do nothing`,
      { hash, claim: ask.id, fingerprint: ask.fingerprint },
    );
    if (reserved === 1) return null;
    const sql = "select claim, fingerprint from @client_keys where hash = :hash";
    const row = await queries.one(sql, { hash });
    const id = row === null ? "" : (row["claim"] as string);
    const found = row === null ? null : await findRecord(queries, "id = :id", { id });
    // Null where it left with an old record in between: then it is as if it had never been.
    if (found !== null) return { found, fingerprint: row?.["fingerprint"] as string };
  }
}

/**
 * From now on the key names this record, also where the record was made under another key or none: a
 * later attempt with a key of its own must find, on its retry, what its first call met.
 */
export async function pointClientKey(queries: Queries, ask: ClaimAsk, claim: string): Promise<void> {
  if (ask.clientKey === null || claim === ask.id) return;
  await queries.run("update @client_keys set claim = :claim where hash = :hash", {
    hash: hashOf(ask, ask.clientKey),
    claim,
  });
}

function hashOf({ tenant, kind, clientKeyScope }: ClaimAsk, clientKey: string): Uint8Array {
  const name = JSON.stringify([tenant, kind, clientKeyScope, clientKey]);
  return createHash("sha256").update(name).digest();
}
