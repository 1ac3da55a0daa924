import {
  blobBytesMax,
  type ClaimRecord,
  type Ledger,
  type RecordedAnswer,
  type Settlement,
} from "../ledger/ledger.ts";
import { type HandedAnswer, readAnswerFile } from "./answer-file.ts";
import { callName, isOrphaned, stateWords } from "./effects-list.ts";
import { plain } from "./plain.ts";

/** How an operator ends a doubt. */
export type Ending =
  | { readonly kind: "done"; readonly file: string }
  | { readonly kind: "not-done" }
  | { readonly kind: "abandon" };

export interface Resolution {
  readonly operation: string;
  readonly ending: Ending;
  /** Why, in the operator's words; goes into the audit with the name. */
  readonly reason: string | undefined;
  readonly user: string;
  readonly nowMs: number;
}

/** A resolution that cannot be: the sentence is for the operator. Nothing was changed. */
export class ResolveError extends Error {}

/** Longest reason that is recorded, in characters. */
const reasonCharsMax = 500;

/** An ending with the file read. */
type Decided =
  | { readonly kind: "done"; readonly answer: HandedAnswer }
  | { readonly kind: "not-done" }
  | { readonly kind: "abandon" };

/** Ends the doubt about one operation, and says what happens when its call comes again. */
export async function resolveOperation(ledger: Ledger, resolution: Resolution): Promise<string> {
  const { ending, nowMs } = resolution;
  const record = await findDoubt(ledger, resolution);
  const { id, epoch, nonce } = record;
  const decided: Decided =
    ending.kind === "done" ? { kind: "done", answer: await readAnswerFile(ending.file) } : ending;
  const settlement = await settlementOf(ledger, record, decided, resolution);
  const settled = await ledger.settle({ id, epoch, nonce }, settlement);
  const state = stateWords(settled.record, nowMs);
  if (!settled.applied) {
    throw new ResolveError(
      `Operation ${id} changed in the meantime: it is ${state} now. Nothing was resolved.`,
    );
  }
  return `Operation ${id} (${plain(callName(record))}) is ${state}.\n${nextTime(decided)}\n`;
}

async function findDoubt(ledger: Ledger, { operation, nowMs }: Resolution): Promise<ClaimRecord> {
  let record = await ledger.read(operation);
  if (record !== null && record.kind === "effect" && isOrphaned(record, nowMs)) {
    // Its gateway died: the doubt is there, and is written down by this.
    await ledger.sweep();
    record = await ledger.read(operation);
  }
  if (record === null || record.kind !== "effect") {
    throw new ResolveError(`There is no operation ${plain(operation)}. ${await doubtsInstead(ledger)}`);
  }
  if (record.state === "in-doubt") return record;
  const state = stateWords(record, nowMs);
  const why = record.reason === null ? "" : ` (${plain(record.reason)})`;
  throw new ResolveError(
    `Operation ${record.id} is ${state}${why}. Only an operation in doubt can be resolved.`,
  );
}

/** How many operations in doubt are offered in the place of one that is not there. */
const offeredMax = 5;

async function doubtsInstead(ledger: Ledger): Promise<string> {
  const doubts = await ledger.listClaims({ kind: "effect", states: ["in-doubt"], limit: offeredMax });
  if (doubts.length === 0) return "None is in doubt.";
  return `In doubt: ${doubts.map(({ id }) => plain(id)).join(", ")} (longstop effects --in-doubt lists all).`;
}

async function settlementOf(
  ledger: Ledger,
  { tenant }: ClaimRecord,
  decided: Decided,
  { reason, user }: Resolution,
): Promise<Settlement> {
  const because = reason === undefined || reason.trim() === "" ? "." : `: ${reason.trim()}`;
  const sentence = (words: string): string =>
    plain(`Resolved as ${words} by ${user}${because}`).slice(0, reasonCharsMax);
  switch (decided.kind) {
    case "done": {
      const answer = await putAnswer(ledger, tenant, decided.answer);
      return { state: "resolved-done", reason: sentence("done"), answer };
    }
    case "not-done":
      return { state: "resolved-not-done", reason: sentence("not done") };
    case "abandon":
      return { state: "abandoned", reason: sentence("abandoned") };
  }
}

async function putAnswer(
  ledger: Ledger,
  tenant: string,
  { status, headers, body }: HandedAnswer,
): Promise<RecordedAnswer> {
  const hashes: string[] = [];
  for (let start = 0; start < body.length; start += blobBytesMax) {
    hashes.push(await ledger.put(tenant, body.subarray(start, start + blobBytesMax)));
  }
  return { status, headers, body: hashes, extent: "whole" };
}

function nextTime(decided: Decided): string {
  switch (decided.kind) {
    case "done": {
      const { status, headers, body } = decided.answer;
      const type = headers.find(([name]) => name === "content-type")?.[1] ?? "no content type";
      const answer = `${status}, ${plain(type)}, ${body.length} bytes`;
      return `When the call comes again it gets this answer (${answer}); the tool is not called.`;
    }
    case "not-done":
      return "When the call comes again it is sent to the tool.";
    case "abandon":
      return "When the call comes again it is refused with 400 operation_abandoned; the tool is not called.";
  }
}
