import { LongstopError } from "../../exchange/error.ts";
import type { Target } from "../settings.ts";
import type { Stopping } from "../stopping.ts";

/** Stops the work on an answer once it took too long; the function that it gives ends the wait for that. */
export function limitWork(
  ms: number,
  stopping: Stopping,
  target: Target,
  which: "firstTokenMs" | "totalMs",
): () => void {
  const timer = setTimeout(() => stopping.stop(tooLong(target, which)), ms);
  return () => clearTimeout(timer);
}

function tooLong({ name, origin }: Target, which: "firstTokenMs" | "totalMs"): LongstopError {
  const what = which === "totalMs" ? "was not done with its answer" : "said nothing of its answer";
  return new LongstopError(
    "upstream_timeout",
    `The upstream ${name} (${origin}) ${what} in time (timeouts.${which}).`,
    { detail: { upstream: name } },
  );
}
