import { clientLimits } from "../deadlines/client-limits.ts";
import { Deadline } from "../deadlines/deadline.ts";
import { deadlineOver } from "../deadlines/deadline-error.ts";
import { lateError } from "../deadlines/end-at-deadline.ts";
import { readPatience } from "../deadlines/patience.ts";
import { problem } from "./problem.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * Serves a call of a tool whose caller says how long it waits (`Longstop-Deadline`). When that is over the
 * caller is told so. An effect goes on as if its caller had closed the connection, is recorded, and its
 * retry meets it; what nobody could come for ends.
 */
export async function untilToolDeadline(
  { engine, inbound, terms }: ToolExchange,
  work: () => Promise<void>,
): Promise<void> {
  const { deadlines, effects } = engine.settings;
  const said = inbound.incoming.headers["longstop-deadline"];
  if (said === undefined || deadlines.mode === "off") return work();
  const { timing } = inbound;
  const headers = { "longstop-deadline": said };
  const patience = readPatience(headers, engine.clock.now() - timing.elapsedMs());
  if (patience.totalMs <= timing.elapsedMs() && deadlines.mode === "enforce") throw deadlineOver();
  const deadline = new Deadline(inbound, clientLimits(patience, "stream", deadlines), timing.startedMs);
  deadline.onPassed((limit) => {
    // What has begun to come is on its way.
    if (inbound.started) return;
    const goesOn = terms.effect !== "read" && effects.mode === "enforce";
    const asked = { inbound, mode: deadlines.mode, log: engine.log };
    const error = lateError(asked, limit, deadline.limits, goesOn ? "goes-on" : "ends");
    if (error !== null) inbound.dismiss(() => void inbound.sendAnswer(problem(error, inbound.id)));
  });
  try {
    await work();
  } finally {
    deadline.end();
  }
}
