import { LongstopError } from "../../exchange/error.ts";
import { begin, type CallValues } from "../decisions/decided-calls.ts";
import type { MappedCall } from "../decisions/mapped-call.ts";
import type { Nearest, RunDecisions } from "../decisions/run-decisions.ts";
import { VerdictRecord } from "../verdict-record.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** Arguments and names that are told of, and characters of a value. */
const toldMax = 5;
const valueCharsMax = 80;

/**
 * Says to the ledger and the log that no model decided on a call. Throws what its caller is told where such
 * calls are blocked: nothing was sent, and which decision it comes nearest to.
 */
export async function tellUnrequested(
  exchange: ToolExchange,
  calls: readonly MappedCall[],
  known: RunDecisions,
): Promise<void> {
  const { engine, inbound, at, tool } = exchange;
  const { mode, unrequested } = engine.settings.effects;
  const isBlocked = mode === "enforce" && unrequested === "block";
  const nearest = known.nearest(at.caller.run, calls);
  const words = nearestWords(exchange, calls, known, nearest);
  const reason = `No call that the model decided on is equal to this one. ${words}`;
  const record = new VerdictRecord(engine, at, () => inbound.noteUnrecorded());
  const name = calls[0]?.mapping.tool ?? tool.name;
  record.note([
    {
      guard: "decisions",
      mode: isBlocked ? "enforce" : "report",
      moment: "call",
      verdict: "block",
      done: isBlocked ? "carried-out" : "only-reported",
      // Without values: what is told of a verdict never holds what was judged.
      reason,
      tool: name,
      ...(nearest === null ? {} : { call: nearest.decision.id }),
    },
  ]);
  await record.flush(null);
  engine.log.warn("a call that no model decided on", {
    exchange: inbound.id,
    tool: tool.name,
    sentence: reason,
    ...(isBlocked ? {} : { dispatched: true }),
  });
  if (!isBlocked) return;
  const differing = nearest === null ? [] : await toldDifferences(exchange, nearest);
  const told = differing.map(
    ({ argument, decided, called }) => `${argument}: decided ${decided}, called ${called}`,
  );
  const sentence = `Nothing was sent. ${reason}${told.length === 0 ? "" : ` ${told.join("; ")}.`}`;
  throw new LongstopError("unrequested", sentence, { detail: detailOf(nearest, differing) });
}

interface Difference {
  readonly argument: string;
  /** As JSON, cut where it is long. */
  readonly decided: string;
  readonly called: string;
}

function detailOf(
  nearest: Nearest | null,
  differing: readonly Difference[],
): Readonly<Record<string, unknown>> {
  if (nearest === null) return {};
  const { id: call, name, turn } = nearest.decision;
  return { nearest: { turn: turn.turn, call, name, differing } };
}

function nearestWords(
  { at }: ToolExchange,
  calls: readonly MappedCall[],
  known: RunDecisions,
  nearest: Nearest | null,
): string {
  if (nearest === null) {
    const wanted = [...new Set(calls.map(({ mapping }) => mapping.tool))].join(" or ");
    const names = known.names(at.caller.run).slice(-toldMax);
    const others = names.length === 0 ? "no call at all" : `calls of ${names.join(", ")} alone`;
    return `It would carry out a call of ${wanted}, and the model decided on ${others}.`;
  }
  const { decision, differing } = nearest;
  const which = `${decision.name} (${decision.id})`;
  if (differing.length === 0) {
    const { stage } = decision.turn;
    return `An equal one, ${which}, belongs to ${stage === null ? "no stage" : `the stage ${stage}`}.`;
  }
  const more = differing.length > toldMax ? ` and ${differing.length - toldMax} more` : "";
  return `The nearest is ${which}, which differs in ${differing.slice(0, toldMax).join(", ")}${more}.`;
}

async function toldDifferences(
  { engine, at }: ToolExchange,
  { call, decision, differing }: Nearest,
): Promise<readonly Difference[]> {
  let values: CallValues = {};
  try {
    values = await engine.decisions.valuesOf(at.caller, decision);
  } catch (cause) {
    engine.log.warn("the values of a decision cannot be read", { turn: decision.turn.turn, cause });
  }
  const decided = new Set(decision.arguments.map(([name]) => name));
  return differing.slice(0, toldMax).map((argument) => ({
    argument,
    decided: decided.has(argument) ? begin(values[argument] ?? "something", valueCharsMax) : "nothing",
    called: begin(call.arguments.get(argument)?.shown ?? "nothing", valueCharsMax),
  }));
}
