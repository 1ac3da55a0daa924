import type { LedgerKind } from "../support/ledgers.ts";
import type { Asking, Way } from "./asking.ts";
import type { TurnSite } from "./site.ts";
import type { Content } from "./speech.ts";

/** Something that goes wrong with turns. What may be left of each is said where somebody asks for it. */
export interface TurnFault {
  /** `turn-group/name`; what `--only` picks by. */
  readonly name: string;
  /** The only ledger at which it can go wrong; left out: at every one. */
  readonly ledger?: LedgerKind;
  /** It goes wrong for a whole database server, so other cells must not be on it. */
  readonly ownServer?: true;
  /** Nobody judges the answers: bytes pass as they come. */
  readonly unjudged?: true;
  /** A gateway dies: what it was handing over breaks off anywhere. It must not end well. */
  readonly dies?: true;
  /** An answer that its client has may be gone with the gateway: it was not yet written down. */
  readonly forgets?: true;
  readonly run: (site: TurnSite) => Promise<void>;
}

export const contents: readonly Content[] = ["text", "call"];

/** The ways to ask again after a gateway died that say whose turn it is. At another replica silence does not. */
export function waysAt(site: TurnSite): readonly Way[] {
  return site.isShared ? ["marked", "rerun"] : ["marked", "rerun", "unmarked"];
}

/**
 * Everybody asks until there is an answer, and then once more as a later attempt: it must be the same, streamed
 * and whole.
 */
export async function insistAll(site: TurnSite, askings: readonly Asking[]): Promise<void> {
  const ports = await site.ports();
  await Promise.all(
    askings.map(async (asking, at) => {
      const port = ports[at % ports.length] as number;
      await asking.insist(port);
      await tellAgain(site, asking);
    }),
  );
}

/** A later attempt is told the same, in both forms, wherever it asks. */
export async function tellAgain(site: TurnSite, asking: Asking): Promise<void> {
  const ports = await site.ports();
  for (const [at, form] of (["stream", "whole", "stream"] as const).entries()) {
    await asking.once(ports[at % ports.length] as number, { later: true, form });
  }
}
