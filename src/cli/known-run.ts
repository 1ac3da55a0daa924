import type { Ledger, RunRow } from "../ledger/ledger.ts";
import { plain } from "./plain.ts";

/** A run that cannot be shown, closed or joined: the sentence is for the operator. */
export class RunError extends Error {}

/** The tenant of `tenancy: single`. */
export const singleTenant = "local";

/** Tenants that are named where a run is not found without one. */
const tenantsMax = 100;

/** The run of this name. Throws a `RunError` where there is none, or where several tenants have one. */
export async function knownRun(ledger: Ledger, run: string, tenant: string | undefined): Promise<RunRow> {
  const rows = await ledger.listRuns({ run, ...(tenant === undefined ? {} : { tenant }), limit: tenantsMax });
  const [row, ...others] = rows;
  if (row === undefined) {
    const whose = tenant === undefined ? "" : ` of the tenant ${plain(tenant)}`;
    throw new RunError(`There is no run ${plain(run)}${whose} in the ledger. longstop runs lists them.`);
  }
  if (others.length > 0) {
    const names = rows.map((each) => plain(each.tenant)).join(", ");
    throw new RunError(`Several tenants have a run ${plain(run)}: ${names}. Say which: --tenant <name>.`);
  }
  return row;
}
