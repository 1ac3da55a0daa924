import { LongstopError } from "../exchange/error.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { NewFact } from "../exchange/fact.ts";
import type { ToolOffer } from "../exchange/prompt.ts";
import type { Call, CallChange, CallOutcome, Turn, TurnCall } from "../exchange/turn.ts";
import type { Engine } from "./engine.ts";
import { judge, type Intervention, type Judgement } from "./judge.ts";
import { noted, overtaken, type NotedVerdict } from "./noted-verdict.ts";
import { onPlane } from "./posts.ts";

/**
 * What becomes of a model's turn. Its calls are released all together or not at all:
 * - `release`: with these changes (rewritten arguments, calls that leave)
 * - `ask-on`: every call has its result already, so the model is asked to go on
 * - `ask-again`: something was blocked; no call of the turn leaves
 */
export type TurnDecision = {
  readonly facts: readonly NewFact[];
  /** For the ledger: what was decided, and whether it was carried out. */
  readonly verdicts: readonly NotedVerdict[];
} & Decision;

type Decision = { readonly interventions: readonly Intervention[] } & (
  | {
      readonly kind: "release";
      readonly changes: readonly CallChange[];
      /** Calls that the gateway answered itself: hidden from the client, known to the model. */
      readonly answered: readonly CallOutcome[];
    }
  | { readonly kind: "ask-on"; readonly outcomes: readonly CallOutcome[] }
  | AskAgain
);

export interface AskAgain {
  readonly kind: "ask-again";
  readonly interventions: readonly Intervention[];
  /** One for each call of the turn, in order. */
  readonly outcomes: readonly CallOutcome[];
  /** What is said to the model where there is no call to answer (a blocked reply). */
  readonly toModel: string | null;
  readonly policy: boolean;
  /** The same fault twice stops early: equal faults have equal keys. */
  readonly fault: string;
  /** For the caller, should asking again not help. */
  readonly sentence: string;
}

const siblingText =
  "Not run, because another call of this turn was refused. Issue it again if it is still right.";

const replySiblingText =
  "Not run, because the answer that it belongs to was refused. Issue it again if it is still right.";

/** What the model is told about a call that the token limit cut. */
export const cutText = "Not run: it was cut by the token limit.";

/** What the model chose from, as far as the request says. */
interface Offered {
  readonly offers: readonly ToolOffer[];
  readonly offersElsewhere: boolean;
}

/** Judges the calls of a turn, then its reply. */
export async function decideTurn(
  engine: Engine,
  turn: Turn,
  offered: Offered,
  at: Exchange,
): Promise<TurnDecision> {
  // Where every post only reports, nothing is changed, also not a call that was cut.
  const dropsCut = onPlane(engine.posts, "call", at.plane).some(({ mode }) => mode === "enforce");
  const judged: JudgedCall[] = [];
  for (const call of turn.calls) {
    const judging = judgeCall(engine, call, offered, at);
    const judgement = judging instanceof Promise ? await judging : judging;
    judged.push({ call, judgement, isCut: call.truncated && dropsCut });
  }
  const interventions = judged.flatMap(({ judgement, isCut }) =>
    isCut
      ? [{ guard: "engine", moment: "call", verdict: "block", reason: cutReason } as const]
      : judgement.interventions,
  );
  const facts = judged.flatMap(({ judgement }) => judgement.facts);
  const verdicts = judged.flatMap(verdictsOf);
  const blocked = judged.filter(isBlocked);
  if (blocked.length > 0) {
    return { facts, verdicts: overtaken(verdicts), ...askAgain(judged, blocked, interventions) };
  }

  const judging = judgeReply(engine, turn, at);
  const reply = judging instanceof Promise ? await judging : judging;
  const all = {
    facts: [...facts, ...reply.facts],
    verdicts: [...(reply.kind === "block" ? overtaken(verdicts) : verdicts), ...reply.verdicts],
    interventions: [...interventions, ...reply.interventions],
  };
  if (reply.kind === "block") return { ...all, ...askAgainForReply(judged, reply, all.interventions) };
  return { ...all, ...released(judged, all.interventions) };
}

interface JudgedCall {
  readonly call: TurnCall;
  readonly judgement: Judgement<"call">;
  /** The token limit cut it: it is dropped, not corrected, because it would be cut again. */
  readonly isCut: boolean;
}
type BlockedCall = JudgedCall & { readonly judgement: Extract<Judgement<"call">, { kind: "block" }> };

const cutReason = "cut by the token limit";

/** What was decided about a call. One that the token limit cut leaves for that reason alone. */
function verdictsOf({ judgement, isCut }: JudgedCall): readonly NotedVerdict[] {
  if (!isCut) return judgement.verdicts;
  const others = judgement.verdicts.map((one): NotedVerdict =>
    one.done === "carried-out" ? { ...one, done: "overtaken" } : one,
  );
  const what = { guard: "engine", mode: "enforce", moment: "call", verdict: "block" } as const;
  return [...others, noted({ ...what, done: "carried-out", reason: cutReason }, "call", judgement.subject)];
}

function isBlocked(judged: JudgedCall): judged is BlockedCall {
  return judged.judgement.kind === "block" && !judged.isCut;
}

function judgeCall(
  engine: Engine,
  call: TurnCall,
  { offers, offersElsewhere }: Offered,
  at: Exchange,
): Judgement<"call"> | Promise<Judgement<"call">> {
  const subject = {
    plane: at.plane,
    call,
    original: call,
    truncated: call.truncated,
    offers,
    offersElsewhere,
  };
  const posts = onPlane(engine.posts, "call", at.plane);
  return judge(
    "call",
    posts,
    subject,
    at,
    (was, { argumentsText }) => ({ ...was, call: { ...was.call, argumentsText } }),
    engine,
  );
}

function judgeReply(
  engine: Engine,
  turn: Turn,
  at: Exchange,
): Judgement<"reply"> | Promise<Judgement<"reply">> {
  const posts = onPlane(engine.posts, "reply", at.plane);
  const subject = { text: turn.text, calls: turn.calls, finish: turn.finish };
  return judge("reply", posts, subject, at, (was) => was, engine);
}

function askAgain(
  judged: readonly JudgedCall[],
  blocked: readonly BlockedCall[],
  interventions: readonly Intervention[],
): AskAgain {
  const outcomes = outcomesOf(judged, siblingText);
  const texts = blocked.map(({ judgement }) => judgement.toModel);
  return {
    kind: "ask-again",
    interventions,
    outcomes,
    toModel: null,
    policy: blocked.some(({ judgement }) => judgement.policy),
    fault: texts.toSorted().join("\n"),
    sentence: texts.join(" "),
  };
}

/** One outcome for each call of a turn that is not released; `otherwise` is for the good ones. */
function outcomesOf(judged: readonly JudgedCall[], otherwise: string): readonly CallOutcome[] {
  return judged.map(({ call, judgement, isCut }) => {
    if (isCut) return { call, text: cutText, isError: true };
    if (judgement.kind === "block") return { call, text: judgement.toModel, isError: true };
    if (judgement.kind === "answer") return { call, text: judgement.result, isError: false };
    return { call, text: otherwise, isError: true };
  });
}

function askAgainForReply(
  judged: readonly JudgedCall[],
  reply: Extract<Judgement<"reply">, { kind: "block" }>,
  interventions: readonly Intervention[],
): AskAgain {
  return {
    kind: "ask-again",
    interventions,
    outcomes: outcomesOf(judged, replySiblingText),
    toModel: reply.toModel,
    policy: reply.policy,
    fault: reply.toModel,
    sentence: reply.toModel,
  };
}

function released(judged: readonly JudgedCall[], interventions: readonly Intervention[]): Decision {
  const answered: CallOutcome[] = [];
  const changes: CallChange[] = [];
  for (const { call, judgement, isCut } of judged) {
    if (isCut) changes.push({ call, kind: "drop" });
    else if (judgement.kind === "answer") {
      answered.push({ call, text: judgement.result, isError: false });
      changes.push({ call, kind: "drop" });
    } else {
      const { argumentsText }: Call = judgement.subject.call;
      if (argumentsText !== call.argumentsText) changes.push({ call, kind: "rewrite", argumentsText });
    }
  }
  if (answered.length > 0 && answered.length === judged.length) {
    return { kind: "ask-on", outcomes: answered, interventions };
  }
  return { kind: "release", changes, answered, interventions };
}

/**
 * What the caller is told where asking the model again is not possible or did not help. The precise
 * text is addressed to the model, so it must not read as advice to the caller.
 */
export function refusal(asked: AskAgain, why: string): LongstopError {
  return new LongstopError(
    asked.policy ? "call_refused_by_policy" : "call_refused",
    `Longstop refused what the model asked for${why === "" ? "" : ` (${why})`}. ` +
      `For the model: ${asked.sentence}`,
    { detail: { calls: asked.outcomes.map(({ call, text }) => ({ tool: call.name, text })) } },
  );
}
