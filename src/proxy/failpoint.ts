/** Where a test ends this process around a side effect. */
export type EffectFailpoint =
  | "before-intent"
  | "after-intent"
  | "before-dispatch"
  | "after-dispatch"
  | "after-answer"
  | "after-outcome";

/** The same around a turn of a model that is recorded. */
export type TurnFailpoint =
  | "turn-claimed"
  | "turn-head-written"
  | "turn-piece-written"
  | "before-turn-settled"
  | "after-turn-settled"
  | "before-turn-delivered";

/**
 * Named places where a test ends this process, to prove what survives. `LONGSTOP_FAILPOINT` names
 * one; without it nothing happens here.
 */
export type FailpointName = EffectFailpoint | TurnFailpoint;

const chosen = process.env["LONGSTOP_FAILPOINT"];

export async function failpoint(name: FailpointName): Promise<void> {
  if (chosen !== name) return;
  // SIGKILL, as the kernel or an orchestrator would: no handler runs, nothing is flushed.
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
}
