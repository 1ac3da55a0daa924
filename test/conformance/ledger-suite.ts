import { describe } from "vitest";
import { claimPromises } from "./ledger/claims.ts";
import { memoryPromises } from "./ledger/memory.ts";
import { raceAndModelPromises } from "./ledger/model.ts";
import { ownerPromises } from "./ledger/owners.ts";
import type { OpenLedger } from "./ledger/requests.ts";
import { secondDispatchPromises } from "./ledger/second-dispatch.ts";
import { settlePromises } from "./ledger/settling.ts";
import { toldPromises } from "./ledger/told.ts";

/** What every store promises. `kind` names it in the tests' names. */
export function ledgerSuite(kind: string, open: OpenLedger): void {
  describe(`the ${kind} ledger`, () => {
    claimPromises(open);
    settlePromises(open);
    secondDispatchPromises(open);
    memoryPromises(open);
    toldPromises(open);
    ownerPromises(open);
    raceAndModelPromises(open);
  });
}
