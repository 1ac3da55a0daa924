import type { ClaimRecord } from "../ledger.ts";
import type { ClaimAsk } from "./claims.ts";
import { oneRecord } from "./records.ts";
import type { Store } from "./store.ts";

// How many equal calls each attempt of a run has made. Most calls are made once: that the attempt which has
// the first record made one is not written down beside it, because a row for each would cost a page of its
// own in every commit. All else is.

type Attempt = Pick<ClaimRecord, "tenant" | "kind" | "key" | "run" | "attempt">;

/** How many the attempt of this claim has made so far. */
export function usedBy(store: Store, ask: ClaimAsk): number {
  const row = store.connection.one(
    `select used from counters
     where tenant = :tenant and kind = :kind and key = :key and run = :run and attempt = :attempt`,
    counterOf(ask),
  );
  if (row !== null) return Number(row["used"]);
  const first = oneRecord(
    store.connection,
    "select * from claims where tenant = :tenant and kind = :kind and key = :key and occurrence = 1",
    { tenant: ask.tenant, kind: ask.kind, key: ask.key },
  );
  return first !== null && isSame(first, ask) ? 1 : 0;
}

export function countCalls(store: Store, ask: ClaimAsk, used: number): void {
  store.connection.run(
    `insert into counters (tenant, kind, key, run, attempt, used)
     values (:tenant, :kind, :key, :run, :attempt, :used)
     on conflict do update set used = excluded.used`,
    { ...counterOf(ask), used },
  );
}

/**
 * Another attempt takes a record over. A first one then says nothing of the former attempt any more, and must
 * not say of this one that it made a call: both are written down.
 */
export function countBoth(store: Store, ask: ClaimAsk, record: ClaimRecord): void {
  const { tenant, kind, key, occurrence } = record;
  if (occurrence !== 1 || isSame(record, ask)) return;
  const { run, attempt } = ask;
  for (const [who, used] of [[record, 1] as const, [{ tenant, kind, key, run, attempt }, 0] as const]) {
    store.connection.run(
      `insert into counters (tenant, kind, key, run, attempt, used)
       values (:tenant, :kind, :key, :run, :attempt, :used)
       on conflict do nothing`,
      { ...counterOf(who), used },
    );
  }
}

/**
 * A condition on `claims` that holds for what an attempt has neither executed nor met; for those of a run, of
 * which `:attempt` is the attempt's name and `:counted` its name in `counters`.
 */
export const notAsked = `not (attempt is :attempt or exists (select 1 from counters
  where counters.tenant = claims.tenant and counters.kind = claims.kind and counters.key = claims.key
    and counters.run = '=' || claims.run and counters.attempt = :counted
    and counters.used >= claims.occurrence))`;

export function attemptValues(attempt: string | null): Readonly<Record<string, string | null>> {
  return { attempt, counted: named(attempt) };
}

// An anonymous run has no attempts, whatever the caller says: its equal calls are counted together.
function isSame(one: Pick<Attempt, "run" | "attempt">, other: Pick<Attempt, "run" | "attempt">): boolean {
  return one.run === other.run && (one.run === null || one.attempt === other.attempt);
}

function counterOf({ tenant, kind, key, run, attempt }: Attempt): Readonly<Record<string, string>> {
  return { tenant, kind, key, run: named(run), attempt: run === null ? "" : named(attempt) };
}

function named(name: string | null): string {
  return name === null ? "" : `=${name}`;
}
