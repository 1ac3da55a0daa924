import type { Log } from "../exchange/log.ts";
import type { Ports } from "../guards/guard.ts";
import { sha256Hex } from "../text/hash.ts";

/** Reports that are remembered; beyond it all may be said once more. */
const reportsMax = 10_000;

/** What guards say to the operator, each thing once for each subject. */
export function reportOnce(log: Log): Ports["report"] {
  const said = new Set<string>();
  return (subject, sentence) => {
    // By its hash, because clients name models and tools at any length.
    const key = sha256Hex(subject, sentence);
    if (said.has(key)) return;
    if (said.size >= reportsMax) said.clear();
    said.add(key);
    log.warn("guard report", { subject, sentence });
  };
}
