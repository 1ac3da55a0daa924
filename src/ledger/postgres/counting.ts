import type { ClaimAsk } from "./claims.ts";
import type { Queries } from "./database.ts";
import type { Values } from "./statement.ts";

const counter = `tenant = :tenant and kind = :kind and key = :key and run = :run and attempt = :attempt`;

/** How many equal calls the attempt made. Its other calls wait from here on until the transaction ends. */
export async function lockCounter(queries: Queries, ask: ClaimAsk): Promise<number> {
  const row = await queries.one(
    `insert into @counters as counter (tenant, kind, key, run, attempt, used)
     values (:tenant, :kind, :key, :run, :attempt, 0)
     on conflict (tenant, kind, key, run, attempt) do update set used = counter.used
     returning used`,
    counterOf(ask),
  );
  return Number(row?.["used"]);
}

/** The attempt made so many. */
export async function countCalls(queries: Queries, ask: ClaimAsk, used: number): Promise<void> {
  await queries.run(`update @counters set used = :used where ${counter}`, { ...counterOf(ask), used });
}

/**
 * A condition on `claim`, a row of claims, that holds for what an attempt has neither executed nor met; for
 * those of a run, of which `:attempt` is the attempt's name and `:counted` its name in the counters.
 */
export const notAsked = `not (claim.attempt is not distinct from :attempt::text or exists (
  select 1 from @counters counter
  where counter.tenant = claim.tenant and counter.kind = claim.kind and counter.key = claim.key
    and counter.run = '=' || claim.run and counter.attempt = :counted::text
    and counter.used >= claim.occurrence))`;

export function attemptValues(attempt: string | null): Values {
  return { attempt, counted: named(attempt) };
}

// An anonymous run has no attempts, whatever the caller says: its equal calls are counted together.
function counterOf(ask: ClaimAsk): Values {
  return {
    tenant: ask.tenant,
    kind: ask.kind,
    key: ask.key,
    run: named(ask.run),
    attempt: ask.run === null ? "" : named(ask.attempt),
  };
}

function named(name: string | null): string {
  return name === null ? "" : `=${name}`;
}
