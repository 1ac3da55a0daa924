import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord } from "../../ledger/ledger.ts";
import { askedBefore, giveBack } from "./give-back.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** How many doubts of one tenant or run are looked at; where there are more, every effect is held back. */
const doubtsMax = 1000;

/**
 * Refuses a claimed call while another operation in its reach is in doubt (`inDoubtLock`): what comes
 * next may rest on what that one did. The claim is given back as not sent. A second dispatch, which may
 * end a doubt, is never held back.
 */
export async function refuseBehindDoubt(exchange: ToolExchange, record: ClaimRecord): Promise<void> {
  const { inDoubtLock } = exchange.engine.settings.effects;
  if (inDoubtLock === "operation" || record.doubted) return;
  const doubt = await askedBefore(exchange, record, () => doubtInReach(exchange, record, inDoubtLock));
  if (doubt === null) return;
  await giveBack(exchange, record, `it was held back while operation ${doubt.id} is in doubt`);
  throw new LongstopError(
    "held_by_doubt",
    `Operation ${doubt.id} of the tool ${String(doubt.detail["tool"])} is in doubt, and until that is ` +
      `resolved no other call of this ${inDoubtLock} is executed. This one was not sent.`,
    { detail: { operation: doubt.id } },
  );
}

/** The newest doubt in the reach of a lock. Anonymous calls are one run to `tool`, and none to `run`. */
async function doubtInReach(
  { engine, tool }: ToolExchange,
  { tenant, run }: ClaimRecord,
  lock: "tool" | "run",
): Promise<ClaimRecord | null> {
  const doubts = await engine.ledger.listClaims({
    tenant,
    kind: "effect",
    states: ["in-doubt"],
    ...(run === null ? {} : { run }),
    limit: doubtsMax,
  });
  const byTool = lock === "tool" || run === null;
  const held = doubts.find((one) => one.run === run && (!byTool || one.detail["tool"] === tool.name));
  return held ?? (doubts.length < doubtsMax ? null : (doubts[0] ?? null));
}
