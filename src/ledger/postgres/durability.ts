import type { Database } from "./database.ts";
import { ledgerDown } from "./failures.ts";
import type { PostgresLimits } from "./options.ts";

/** What the server says of how it commits. */
export interface Commits {
  readonly fsync: string;
  readonly fullPageWrites: string;
  readonly synchronousCommit: string;
  readonly synchronousStandbyNames: string;
  /** Physical standbys that are connected, or catch up. */
  readonly standbys: number;
}

/**
 * Asks the server, as this user finds it: a setting may differ by role and by database. A standby is a
 * walsender that serves no logical slot; which state it is in is shown to nobody but monitors.
 */
async function commitsOf(database: Database): Promise<Commits> {
  const row = await database.alone.one(
    `select current_setting('fsync') as fsync,
       current_setting('full_page_writes') as full_page_writes,
       current_setting('synchronous_commit') as synchronous_commit,
       current_setting('synchronous_standby_names') as synchronous_standby_names,
       (select count(*) from pg_catalog.pg_stat_replication sender
        where coalesce(sender.state, 'streaming') <> 'backup' and not exists
          (select 1 from pg_catalog.pg_replication_slots slot
           where slot.active_pid = sender.pid and slot.slot_type = 'logical')) as standbys`,
  );
  return {
    fsync: String(row?.["fsync"]),
    fullPageWrites: String(row?.["full_page_writes"]),
    synchronousCommit: String(row?.["synchronous_commit"]),
    synchronousStandbyNames: String(row?.["synchronous_standby_names"]).trim(),
    standbys: Number(row?.["standbys"]),
  };
}

/** Why commits may be taken back, and whether an operator may take that on; null where they may not. */
export function durabilityGap(
  commits: Commits,
): { readonly why: string; readonly isAcceptable: boolean } | null {
  if (commits.fsync === "off") {
    return { why: "fsync is off, so a crash can damage it or take commits back", isAcceptable: false };
  }
  if (commits.fullPageWrites === "off") {
    return { why: "full_page_writes is off, so a crash can damage it", isAcceptable: false };
  }
  if (commits.synchronousCommit === "off") {
    return {
      why: "synchronous_commit is off, so a crash takes the last commits back",
      isAcceptable: true,
    };
  }
  if (commits.standbys === 0) return null;
  if (commits.synchronousStandbyNames === "") {
    return {
      why:
        "standbys follow it asynchronously (synchronous_standby_names is empty), so a failover takes the " +
        "last commits back",
      isAcceptable: true,
    };
  }
  if (commits.synchronousCommit === "local") {
    return {
      why:
        "synchronous_commit is local, so no commit waits for a standby and a failover takes the last " +
        "ones back",
      isAcceptable: true,
    };
  }
  return null;
}

/** Throws where the server may take back what it committed, unless the operator took that on. */
export async function requireDurable(
  database: Database,
  durability: PostgresLimits["durability"],
  report: (sentence: string) => void,
): Promise<void> {
  const gap = durabilityGap(await commitsOf(database));
  if (gap === null) return;
  const sentence = `The ledger ${database.place} is not durable: ${gap.why}.`;
  if (!gap.isAcceptable) throw ledgerDown(`${sentence} Set it on.`);
  if (durability === "strict") {
    throw ledgerDown(
      `${sentence} An effect that was lost that way can happen twice. Change the server, or take it on ` +
        "with ledger.durability: accept-failover-loss.",
    );
  }
  report(`${sentence} It was taken on with ledger.durability: accept-failover-loss.`);
}
