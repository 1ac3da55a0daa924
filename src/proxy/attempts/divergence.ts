import type { Caller } from "../../exchange/exchange.ts";
import { type DivergenceFact, factKinds, subjectOfRun } from "../../exchange/run-facts.ts";
import type { ClaimRecord } from "../../ledger/ledger.ts";
import type { Engine } from "../engine.ts";
import { outlineOf, type RequestOutline, type TurnContent } from "../turns/recorded-requests.ts";

/** Turns of a run that are looked at, the latest ones. */
const turnsMax = 1000;
/** Messages that a request of other parameters has in common with a recorded one at least: the task. */
const taskMessages = 2;

interface Recorded {
  readonly record: ClaimRecord;
  readonly outline: RequestOutline;
  /** Messages at the beginning that are the same. */
  readonly common: number;
}

/**
 * Notes where an attempt asks for another turn than was recorded at this place before: `record` is the one
 * that it asks for, which nobody asked for so far. Never rejects.
 */
export async function noteDivergence(
  engine: Engine,
  caller: Caller,
  record: ClaimRecord,
  content: TurnContent,
  exchange: string,
): Promise<void> {
  const { ledger, log } = engine;
  const { tenant, run } = caller;
  if (run.id === null) return;
  try {
    const found = await divergenceOf(engine, caller, record, content);
    if (found === null) return;
    const value: DivergenceFact = { ...found, attempt: run.attempt, turn: record.id, exchange };
    log.warn("an attempt asks for another turn than the one before", { run: run.id, ...value });
    await ledger.append([{ tenant, subject: subjectOfRun(run.id), kind: factKinds.divergence, value }]);
  } catch (cause) {
    log.warn("whether an attempt goes another way cannot be found out", { exchange, cause });
  }
}

type Found = Pick<DivergenceFact, "recorded" | "message" | "parameters">;

async function divergenceOf(
  { ledger, recordedRequests }: Engine,
  { tenant, run }: Caller,
  { id, stage }: ClaimRecord,
  { meant, links }: TurnContent,
): Promise<Found | null> {
  const filter = { tenant, run: run.id as string, kind: "turn", limit: turnsMax } as const;
  const others = await ledger.listClaims({ ...filter, notAskedBy: { attempt: run.attempt } });
  const left = others.filter((one) => one.stage === stage && one.state === "done");
  if (left.length === 0) return null;
  const otherIds = new Set([id, ...others.map((one) => one.id)]);
  const own = (await ledger.listClaims(filter)).filter((one) => one.stage === stage && !otherIds.has(one.id));
  const mine = outlineOf(meant);
  const oldestFirst = left.toReversed();
  const outlines = await recordedRequests.outlinesOf(oldestFirst);
  const recorded = oldestFirst.flatMap((record, index): readonly Recorded[] => {
    const outline = outlines[index] ?? null;
    return outline === null ? [] : [{ record, outline, common: commonOf(mine, outline) }];
  });
  const least = leastCommon(own, links);
  const at = recorded
    .filter(({ outline, common }) => common >= least && outline.messages.length > placeOf(own, links))
    .reduce<Recorded | null>((best, one) => (best === null || one.common > best.common ? one : best), null);
  // All that it says was said before: one more sample of that turn.
  if (at === null || isSample(at, mine)) return null;
  return {
    recorded: at.record.id,
    message: at.common < mine.messages.length ? at.common + 1 : null,
    parameters: differing(mine.parameters, at.outline.parameters),
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

/** What a recorded turn must have in common with a request to be the one at its place. */
function leastCommon(own: readonly ClaimRecord[], links: readonly string[]): number {
  if (own.length === 0) return 0;
  return Math.max(placeOf(own, links), taskMessages);
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
