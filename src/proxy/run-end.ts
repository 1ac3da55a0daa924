import { LongstopError } from "../exchange/error.ts";
import type { Caller } from "../exchange/exchange.ts";
import type { Engine } from "./engine.ts";
import type { Inbound } from "./inbound.ts";

const header = "longstop-run-end";

/**
 * True where the client says that this exchange is the last of its run. Throws where it says it unclearly,
 * or names no run.
 */
export function endsRun(headers: Readonly<NodeJS.Dict<string[]>>, { run }: Caller): boolean {
  const values = headers[header];
  if (values === undefined) return false;
  const [value = "", ...more] = values;
  if (more.length > 0) {
    throw new LongstopError("header_conflict", "The header Longstop-Run-End stands more than once.");
  }
  if (value !== "true" && value !== "false") {
    throw new LongstopError("request_malformed", "Longstop-Run-End is `true`, or is left out.");
  }
  if (value === "true" && run.id === null) {
    throw new LongstopError(
      "request_malformed",
      "Longstop-Run-End needs a run: send Longstop-Run, or /run/<run>/ in the base URL.",
    );
  }
  return value === "true";
}

/**
 * Ends the run of an exchange that has been answered. One that failed leaves it open: its client will ask
 * again, with the same header.
 */
export async function endRun(
  { runEnds }: Pick<Engine, "runEnds">,
  inbound: Inbound,
  caller: Caller,
): Promise<void> {
  if (inbound.left || inbound.brokeOff || inbound.outgoing.statusCode >= 400) return;
  await runEnds.close(caller, { by: "client", reason: null });
}
