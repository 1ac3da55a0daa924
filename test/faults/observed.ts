import type { ClaimRecord, ClaimState } from "../../src/ledger/ledger.ts";
import { isEnd, isOk, type Call, type Heard, type Way } from "./support/call.ts";
import type { Site } from "./support/site.ts";

/** One operation after its fault: what was done, what was said, what is written down. */
export interface Observed {
  readonly operation: string;
  readonly way: Way;
  readonly heard: readonly Heard[];
  readonly effects: number;
  /** The key of every dispatch that arrived. */
  readonly keys: readonly (string | null)[];
  readonly records: readonly Pick<ClaimRecord, "id" | "state">[];
}

/** How an operation ended, as its caller knows it at last. */
export type End = "done" | "in-doubt" | "cut";

/** What the fault may leave behind. */
export interface Expected {
  readonly effects: number;
  readonly end: End;
}

export async function observe(site: Site, calls: readonly Call[]): Promise<readonly Observed[]> {
  const records = await site.effects();
  const effects = site.oracle.effects();
  const dispatched = await site.oracle.dispatched();
  return calls.map(({ operation, way, heard }) => ({
    operation,
    way,
    heard,
    effects: effects.filter((effect) => effect.path.endsWith(`/${operation}`)).length,
    keys: dispatched.filter((one) => one.operation === operation).map((one) => one.idempotencyKey),
    records: records.filter(({ detail }) => String(detail["target"]).endsWith(`/${operation}`)),
  }));
}

export function endOf({ heard }: Pick<Observed, "heard">): End | null {
  const last = heard.at(-1);
  if (last === undefined || !isEnd(last)) return null;
  if (isOk(last)) return "done";
  return last.code === "outcome_unknown" ? "in-doubt" : "cut";
}

const statesOf: Readonly<Record<End, readonly ClaimState[]>> = {
  done: ["done", "resolved-done"],
  cut: ["done"],
  "in-doubt": ["in-doubt"],
};

/** One sentence for each promise that was broken, whatever the fault was. */
export function brokenPromises(one: Observed): string[] {
  const broken: string[] = [];
  const fault = (sentence: string): void => void broken.push(`${one.operation} (${one.way}): ${sentence}`);
  const okays = one.heard.filter(isOk);
  const end = endOf(one);
  const states = one.records.map(({ state }) => state);
  if (one.effects > 1) fault(`it was done ${one.effects} times`);
  if (okays.length > 0 && one.effects === 0) fault("its caller heard ok, and it was never done");
  if (new Set(okays.map(spoken)).size > 1) fault("its caller heard two different answers");
  const firstOk = one.heard.findIndex(isOk);
  if (firstOk >= 0 && one.heard.slice(firstOk).some((heard) => !isOk(heard))) {
    fault("its caller heard ok, and later something else");
  }
  if (one.effects > 0 && one.records.length === 0) fault("it was done and nothing is written down");
  if (one.records.length > 1) fault(`${one.records.length} records stand for it`);
  if (end === null) fault(`its caller never heard how it ended, at last ${lastOf(one.heard)}`);
  else if (!states.every((state) => statesOf[end].includes(state))) {
    fault(`its caller heard ${end}, and its record says ${states.join()}`);
  }
  if (end !== null && states.length === 0) fault(`its caller heard ${end} of something unrecorded`);
  return broken;
}

/** One sentence for each thing that is not as this fault must leave it. */
export function unexpected(one: Observed, expected: Expected): string[] {
  const found: string[] = [];
  const end = endOf(one);
  const about = `${one.operation} (${one.way}):`;
  if (one.effects !== expected.effects) {
    found.push(`${about} it was done ${one.effects} times, and ${expected.effects} are right`);
  }
  if (end !== null && end !== expected.end)
    found.push(`${about} it ended ${end}, and ${expected.end} is right`);
  return found;
}

/** One sentence for each key that went upstream for two operations. */
export function sharedKeys(all: readonly Observed[]): string[] {
  const users = new Map<string, Set<string>>();
  for (const { operation, keys } of all) {
    for (const key of keys) if (key !== null) users.set(key, (users.get(key) ?? new Set()).add(operation));
  }
  return [...users]
    .filter(([, operations]) => operations.size > 1)
    .map(([key, operations]) => `the key ${key} went upstream for ${[...operations].join(" and ")}`);
}

function spoken({ status, type, text }: Heard): string {
  return JSON.stringify([status, type, text]);
}

function lastOf(heard: readonly Heard[]): string {
  const one = heard.at(-1);
  return one === undefined ? "nothing at all" : `${one.status} ${one.code ?? one.text.slice(0, 80)}`;
}
