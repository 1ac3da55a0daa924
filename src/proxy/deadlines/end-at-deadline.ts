import type { LongstopError } from "../../exchange/error.ts";
import type { Log } from "../../exchange/log.ts";
import type { Mode } from "../../exchange/verdict.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import type { Presence } from "../presence.ts";
import { Stopping } from "../stopping.ts";
import type { AnswerShape, ClientLimits } from "./client-limits.ts";
import type { Deadline, PassedLimit } from "./deadline.ts";
import { deadlineExceeded, type LateWork } from "./deadline-error.ts";
import { openDeadline } from "./open-deadline.ts";

/** What a passed deadline needs to be told, and by whose words. */
export interface LateTelling {
  readonly inbound: Inbound;
  readonly words: Pick<Protocol, "refuse">;
  readonly mode: Mode;
  readonly log: Log;
}

/** Serves a client by work that ends with its deadline, because no retry of it could come for the answer. */
export async function untilDeadline(
  engine: Engine,
  inbound: Inbound,
  words: Protocol,
  shape: AnswerShape,
  work: (deadline: Deadline | null, presence: Presence) => Promise<void>,
): Promise<void> {
  const deadline = openDeadline(engine, inbound, shape);
  if (deadline === null) return work(null, inbound);
  const stopping = new Stopping(inbound);
  const { log, settings } = engine;
  endAtDeadline(deadline, { inbound, words, mode: settings.deadlines.mode, log }, stopping);
  try {
    await work(enforced(engine, deadline), stopping);
  } finally {
    deadline.end();
  }
}

/** A deadline as far as it changes what is done. */
export function enforced({ settings }: Engine, deadline: Deadline | null): Deadline | null {
  return settings.deadlines.mode === "enforce" ? deadline : null;
}

/**
 * Ends the work on an answer with the deadline of its client, where no retry could come for it. A client that
 * was sent nothing yet is told at once, whatever the work waits for; what had begun is `stopping`'s to end.
 */
function endAtDeadline(deadline: Deadline, telling: LateTelling, stopping: Stopping): void {
  const { inbound, words } = telling;
  deadline.onPassed((limit) => {
    const error = lateError(telling, limit, deadline.limits, inbound.timing.hasLeft ? "ends" : "unsent");
    if (error === null) return;
    if (inbound.started) stopping.stop(error);
    else inbound.dismiss(() => void inbound.sendAnswer(words.refuse(error, inbound.id)));
  });
}

/**
 * What a client is told whose deadline has passed; null where it is to be told nothing, because that is only
 * reported. This is the one place that says so to the log.
 */
export function lateError(
  { inbound, mode, log }: Pick<LateTelling, "inbound" | "mode" | "log">,
  limit: PassedLimit,
  limits: ClientLimits,
  work: LateWork,
): LongstopError | null {
  if (inbound.left) return null;
  const error = deadlineExceeded(limit, limits, work);
  const { status, code, message: sentence } = error;
  if (mode === "report") {
    log.info("the client would have been told that its deadline passed", {
      exchange: inbound.id,
      code,
      status,
      sentence,
    });
    return null;
  }
  log.warn("the deadline of a client passed", { exchange: inbound.id, code, status, work, sentence });
  return error;
}
