import { setTimeout as sleep } from "node:timers/promises";
import type { ToolServerMode } from "../../examples/tool-server/tool-server.ts";
import type { Expected } from "./observed.ts";
import { ways, type Call, type CallOptions, type Way } from "./support/call.ts";
import type { LedgerKind } from "./support/ledgers.ts";
import { leaseMs, type Site } from "./support/site.ts";

/** Something that goes wrong, and what may be left when it is over. */
export interface Fault {
  /** `group/name`; what `--only` picks by. */
  readonly name: string;
  /** In which ways a caller may call again for the expectation to hold. */
  readonly ways: readonly Way[];
  readonly expected: (mode: ToolServerMode) => Expected;
  /** The only ledger at which it can go wrong; left out: at every one. */
  readonly ledger?: LedgerKind;
  /** It goes wrong for a whole database server, so other cells must not be on it. */
  readonly ownServer?: true;
  /** Makes it go wrong and gets over it. Afterwards each caller has been told how its call ended. */
  readonly run: (site: Site, calls: readonly Call[]) => Promise<void>;
}

/**
 * A doubt, which stays one at a dumb tool. One that honours the key ends it with the caller's next call: that
 * is dispatched again under the same key, and cannot have a second effect. One that can be asked shows what
 * it did, or that it surely did nothing, and then the caller's call executes it.
 */
export function doubted(effects: number): (mode: ToolServerMode) => Expected {
  return (mode) => (mode === "dumb" ? { effects, end: "in-doubt" } : { effects: 1, end: "done" });
}

export const everyWay: readonly Way[] = ways;
/** The ways that say whose call it is: without, an equal call after delivery is a new one. */
export const namedWays = ways.filter((way) => way !== "anonymous");

/**
 * All callers call again until they know how their calls ended, and then twice more, where they can:
 * wherever the site still answers.
 */
export async function insistAll(
  site: Site,
  calls: readonly Call[],
  options: CallOptions = {},
): Promise<void> {
  const ports = await site.ports();
  // A tool that can be asked ends every doubt in the end.
  const endsDoubts = site.oracle.mode === "lookup";
  await Promise.all(
    calls.map((call, i) => call.insist(ports[i % ports.length] as number, { endsDoubts, ...options })),
  );
  for (const call of calls) {
    // An anonymous call after an answer is a new one.
    if (call.way === "anonymous" && call.heard.at(-1)?.code === null) continue;
    for (let i = 0; i < 2; i++) await call.once(ports[i % ports.length] as number, options);
  }
}

/**
 * The same after a gateway died, or lost its callers, while it held their operations. Where others share the
 * ledger, only the gateway that holds an anonymous operation knows that nobody waits for it any more: the
 * others can tell an equal call from a new one once the operation is over, which is when its lease ends.
 */
export async function insistOnceOver(site: Site, calls: readonly Call[]): Promise<void> {
  if (!site.isShared) return insistAll(site, calls);
  const isAnonymous = ({ way }: Call): boolean => way === "anonymous";
  await insistAll(
    site,
    calls.filter((call) => !isAnonymous(call)),
  );
  await sleep(leaseMs + 500);
  await insistAll(site, calls.filter(isAnonymous));
}
