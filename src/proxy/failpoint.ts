/**
 * Named places where a test ends this process, to prove what survives. `LONGSTOP_FAILPOINT` names
 * one; without it nothing happens here.
 */
export type FailpointName =
  | "before-intent"
  | "after-intent"
  | "before-dispatch"
  | "after-dispatch"
  | "after-answer"
  | "after-outcome";

const chosen = process.env["LONGSTOP_FAILPOINT"];

export async function failpoint(name: FailpointName): Promise<void> {
  if (chosen !== name) return;
  // SIGKILL, as the kernel or an orchestrator would: no handler runs, nothing is flushed.
  process.kill(process.pid, "SIGKILL");
  await new Promise(() => {});
}
