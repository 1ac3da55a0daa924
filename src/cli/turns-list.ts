import { writeMs } from "../config/units.ts";
import type { TurnGivenUpFact } from "../exchange/run-facts.ts";
import type { ClaimRecord } from "../ledger/ledger.ts";
import { effectJson, isOrphaned, stateWords } from "./effects-list.ts";

/** `openai gpt-4o, streamed done (turn 7f3a)`, of what the record says about itself. */
export function turnWords(record: ClaimRecord, nowMs: number): string {
  const { target, model, form } = record.detail;
  const name = [target, model].filter((word) => typeof word === "string" && word !== "").join(" ");
  const streamed = form === "stream" ? ", streamed" : "";
  const why = record.reason === null ? "" : `: ${record.reason}`;
  return `${name === "" ? "-" : name}${streamed} ${turnState(record, nowMs)}${why} (turn ${record.id})`;
}

/** What a program is told of one turn. */
export function turnJson(record: ClaimRecord, nowMs: number): Readonly<Record<string, unknown>> {
  const { operation: turn, ...rest } = effectJson(record, nowMs);
  return { turn, ...rest, state: isOrphaned(record, nowMs) ? "not-sent" : record.state };
}

/** A turn that nobody goes on with is no doubt: it is asked for again. */
function turnState(record: ClaimRecord, nowMs: number): string {
  return isOrphaned(record, nowMs) ? "given up" : stateWords(record, nowMs);
}

/** What was paid for an answer that nobody came for. */
export function givenUpWords(fact: TurnGivenUpFact): string {
  const { target, model, ms, bytes, inputTokens, outputTokens, estimated, cost, turn } = fact;
  const tokens = `${estimated ? "about " : ""}${inputTokens} + ${outputTokens} tokens`;
  const price = cost === null ? "" : `, cost ${Number(cost.toPrecision(6))}`;
  const of = turn === null ? "" : ` (turn ${turn})`;
  const how = `after ${writeMs(ms)}, ${bytes} bytes, ${tokens}${price}`;
  return `${target} ${model}: nobody came for it, ${how}${of}`;
}
