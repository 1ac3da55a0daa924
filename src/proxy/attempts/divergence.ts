import { LRUCache } from "lru-cache";
import type { Caller, Run } from "../../exchange/exchange.ts";
import type { Log } from "../../exchange/log.ts";
import { type DivergenceFact, factKinds, subjectOfRun } from "../../exchange/run-facts.ts";
import type { ClaimRecord, Ledger } from "../../ledger/ledger.ts";
import {
  outlineOf,
  type RecordedRequests,
  type RequestOutline,
  type TurnContent,
} from "../turns/recorded-requests.ts";

/** Turns of a run that are looked at, the latest ones. */
const turnsMax = 1000;
/** Attempts that are known to have no other beside them. */
const aloneMax = 10_000;
/** Messages that a request of other parameters has in common with a recorded one at least: the task. */
const taskMessages = 2;

interface Recorded {
  readonly record: ClaimRecord;
  readonly outline: RequestOutline;
  /** Messages at the beginning that are the same. */
  readonly common: number;
}

type Found = Pick<DivergenceFact, "recorded" | "message" | "parameters">;

/** Notices where attempts of explicit runs go another way than those before. */
export class Divergences {
  readonly #ledger: Pick<Ledger, "append" | "listClaims">;
  readonly #requests: Pick<RecordedRequests, "outlinesOf">;
  readonly #log: Log;
  /** Attempts of runs that have no other: their turns are not asked about again. */
  readonly #alone = new LRUCache<string, true>({ max: aloneMax });

  constructor(
    ledger: Pick<Ledger, "append" | "listClaims">,
    requests: Pick<RecordedRequests, "outlinesOf">,
    log: Log,
  ) {
    this.#ledger = ledger;
    this.#requests = requests;
    this.#log = log;
  }

  /** The run had nothing before this attempt. */
  began({ tenant, run }: Caller): void {
    this.#alone.set(attemptId(tenant, run), true);
  }

  /**
   * Notes where an attempt asks for another turn than was recorded at this place before: `record` is the one
   * that it asks for, which nobody asked for so far. Null where that is known not to be; never rejects.
   */
  note(
    { tenant, run }: Caller,
    record: ClaimRecord,
    content: TurnContent,
    exchange: string,
  ): Promise<void> | null {
    if (run.id === null || this.#alone.has(attemptId(tenant, run))) return null;
    return this.#note({ tenant, run, id: run.id }, record, content, exchange);
  }

  async #note(of: AttemptOf, record: ClaimRecord, content: TurnContent, exchange: string): Promise<void> {
    try {
      const found = await this.#find(of, record, content);
      if (found === null) return;
      const { tenant, id, run } = of;
      const value: DivergenceFact = { ...found, attempt: run.attempt, turn: record.id, exchange };
      this.#log.warn("an attempt asks for another turn than the one before", { run: id, ...value });
      await this.#ledger.append([{ tenant, subject: subjectOfRun(id), kind: factKinds.divergence, value }]);
    } catch (cause) {
      this.#log.warn("whether an attempt goes another way cannot be found out", { exchange, cause });
    }
  }

  async #find(
    { tenant, id: runId, run }: AttemptOf,
    { id, stage }: ClaimRecord,
    { meant, links }: TurnContent,
  ): Promise<Found | null> {
    const filter = { tenant, run: runId, kind: "turn", limit: turnsMax } as const;
    const others = await this.#ledger.listClaims({ ...filter, notAskedBy: { attempt: run.attempt } });
    if (others.length === 0) this.#alone.set(attemptId(tenant, run), true);
    const left = others.filter((one) => one.stage === stage && one.state === "done").toReversed();
    if (left.length === 0) return null;
    const otherIds = new Set([id, ...others.map((one) => one.id)]);
    const all = await this.#ledger.listClaims(filter);
    const own = all.filter((one) => one.stage === stage && !otherIds.has(one.id));
    const outlines = await this.#requests.outlinesOf(left);
    return differenceOf(outlineOf(meant), links, own, left, outlines);
  }
}

/** One attempt of a run that has an id. */
interface AttemptOf {
  readonly tenant: string;
  readonly id: string;
  readonly run: Run;
}

function attemptId(tenant: string, { id, attempt }: Run): string {
  return JSON.stringify([tenant, id, attempt]);
}

/** The turn among those that were left, the oldest first, in whose place this one is asked for, if any. */
function differenceOf(
  mine: RequestOutline,
  links: readonly string[],
  own: readonly ClaimRecord[],
  left: readonly ClaimRecord[],
  outlines: readonly (RequestOutline | null)[],
): Found | null {
  const place = placeOf(own, links);
  // Where nothing of this attempt goes before, any turn may be the one at its place, or one of the same task.
  const least = own.length === 0 ? 0 : Math.max(place, taskMessages);
  let best: Recorded | null = null;
  for (const [index, record] of left.entries()) {
    const outline = outlines[index] ?? null;
    if (outline === null || outline.messages.length <= place) continue;
    const common = commonOf(mine, outline);
    if (common >= least && (best === null || common > best.common)) best = { record, outline, common };
  }
  // All that it says was said before: one more sample of that turn.
  if (best === null || isSample(best, mine)) return null;
  return {
    recorded: best.record.id,
    message: best.common < mine.messages.length ? best.common + 1 : null,
    parameters: differing(mine.parameters, best.outline.parameters),
  };
}

/** How many messages of a request stood in the request before it of this attempt. */
function placeOf(own: readonly ClaimRecord[], links: readonly string[]): number {
  const keys = new Set(own.map(({ key }) => key));
  for (let messages = links.length - 2; messages > 0; messages--) {
    if (keys.has(links[messages] as string)) return messages;
  }
  return 0;
}

function commonOf(mine: RequestOutline, theirs: RequestOutline): number {
  const differs = mine.messages.findIndex((hash, at) => hash !== theirs.messages[at]);
  return differs === -1 ? mine.messages.length : differs;
}

function isSample({ common, outline }: Recorded, mine: RequestOutline): boolean {
  return common === mine.messages.length && differing(mine.parameters, outline.parameters).length === 0;
}

function differing(
  mine: RequestOutline["parameters"],
  theirs: RequestOutline["parameters"],
): readonly string[] {
  const [one, other] = [new Map(mine), new Map(theirs)];
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
}
