import { LongstopError } from "../../exchange/error.ts";
import type { ClientLimits } from "./client-limits.ts";
import type { PassedLimit } from "./deadline.ts";

/**
 * What becomes of the work that a client cannot wait for.
 * - `goes-on`: a retry gets its answer
 * - `ends`: it was sent to an upstream, and nobody can come for it
 * - `unsent`: nothing was sent yet
 */
export type LateWork = "goes-on" | "ends" | "unsent";

/** A retry that comes at once finds the answer that is being made. */
const attachSeconds = 1;
const unsentSeconds = 5;

/** What a client is told when its time is over. */
export function deadlineExceeded(limit: PassedLimit, limits: ClientLimits, work: LateWork): LongstopError {
  const { missing, ms } = {
    total: { missing: "The answer was not whole within", ms: limits.totalMs },
    headers: { missing: "The answer had not begun within", ms: limits.headersMs },
    silence: { missing: "No piece of the answer came for", ms: limits.silenceMs },
  }[limit];
  const seconds = Number((ms / 1000).toFixed(3));
  const said = `${missing} ${seconds} s, which is as long as this client can be let wait.`;
  const detail = { limit, seconds };
  switch (work) {
    case "goes-on":
      return new LongstopError("deadline_exceeded", `${said} The work goes on, and a retry gets it.`, {
        status: 504,
        retryAfterSeconds: attachSeconds,
        detail,
      });
    case "ends":
      return new LongstopError("deadline_exceeded", `${said} The upstream was stopped.`, { detail });
    case "unsent":
      return new LongstopError("deadline_exceeded", `${said} Nothing was sent.`, {
        status: 503,
        retryAfterSeconds: unsentSeconds,
        detail,
      });
  }
}

/** What a client is told whose own instant was over before its request was here. */
export function deadlineOver(): LongstopError {
  // A retry has the same instant in it.
  return new LongstopError(
    "deadline_exceeded",
    "The instant in Longstop-Deadline was over when the request had been read. Nothing was sent.",
  );
}
