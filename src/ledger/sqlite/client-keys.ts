import type { ClaimRecord } from "../ledger.ts";
import type { ClaimAsk } from "./claims.ts";
import type { Values } from "./connection.ts";
import { recordById } from "./records.ts";
import type { Store } from "./store.ts";

/** The record that a client key names, and the payload that the key came with first. */
export interface NamedRecord {
  readonly record: ClaimRecord;
  readonly fingerprint: string;
}

export function recordOfClientKey(store: Store, ask: ClaimAsk): NamedRecord | null {
  if (ask.clientKey === null) return null;
  const row = store.connection.one(
    `select claim, fingerprint from client_keys
     where tenant = :tenant and kind = :kind and scope = :scope and client_key = :clientKey`,
    namesOf(ask, ask.clientKey),
  );
  const record = row === null ? null : recordById(store.connection, row["claim"] as string);
  return record === null ? null : { record, fingerprint: row?.["fingerprint"] as string };
}

/**
 * From now on the key names this record, also where the record was made under another key or none: a
 * later attempt with a key of its own must find, on its retry, what its first call met.
 */
export function rememberClientKey(store: Store, ask: ClaimAsk, claim: string): void {
  if (ask.clientKey === null) return;
  store.connection.run(
    `insert into client_keys (tenant, kind, scope, client_key, claim, fingerprint)
     values (:tenant, :kind, :scope, :clientKey, :claim, :fingerprint)
     on conflict do nothing`,
    { ...namesOf(ask, ask.clientKey), claim, fingerprint: ask.fingerprint },
  );
}

function namesOf(ask: ClaimAsk, clientKey: string): Values {
  return { tenant: ask.tenant, kind: ask.kind, scope: ask.clientKeyScope, clientKey };
}
