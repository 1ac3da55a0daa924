import type { Exchange } from "../exchange/exchange.ts";
import type { NewFact } from "../exchange/fact.ts";
import type { ResultRewrite, ResultSubject } from "../exchange/moments.ts";
import type { Message, Part, Prompt, PromptEdit, ToolOffer } from "../exchange/prompt.ts";
import type { Engine } from "./engine.ts";
import { judge, type Intervention, type Judgement } from "./judge.ts";
import type { Scope } from "./kept-verdicts.ts";
import { onPlane, type Post } from "./posts.ts";
import { refuseForcedTool } from "./tool-choice.ts";
import type { VerdictRecord } from "./verdict-record.ts";
import type { RequestPosts } from "./versions.ts";

/** What was decided about a request on its way: what the client is told of it, and what is written. */
export interface RequestNotes {
  readonly interventions: Intervention[];
  /** Facts of offers and results: written with those of the prompt, before anything is sent. */
  readonly facts: NewFact[];
  readonly record: VerdictRecord;
}

/** What the judging of offers and results works with. */
export interface InPlace {
  readonly engine: Engine;
  readonly posts: RequestPosts;
  readonly at: Exchange;
  readonly notes: RequestNotes;
}

/** What becomes of the offers, and those that are left. */
export interface JudgedOffers {
  readonly edits: readonly PromptEdit[];
  readonly left: readonly ToolOffer[];
}

/** What becomes of the results, and the texts of those that were changed, by part. */
export interface JudgedResults {
  readonly edits: readonly PromptEdit[];
  readonly texts: ReadonlyMap<number, readonly string[]>;
}

/** Asks the posts on offers. Throws where the request forces a tool that is not left. */
export async function judgeOffers(
  { engine, posts, at, notes }: InPlace,
  prompt: Prompt,
): Promise<JudgedOffers> {
  const onDuty = onPlane(posts, "offer", at.plane);
  const edits: PromptEdit[] = [];
  const left: ToolOffer[] = [];
  for (const offer of prompt.offers) {
    const subject = { offer, toolChoice: prompt.toolChoice };
    const apply = (was: typeof subject, to: object): typeof subject => ({
      ...was,
      offer: { ...was.offer, ...to },
    });
    const judging = judge("offer", onDuty, subject, at, apply, engine);
    const judged = judging instanceof Promise ? await judging : judging;
    notes.interventions.push(...judged.interventions);
    notes.facts.push(...judged.facts);
    notes.record.note(judged.verdicts);
    if (judged.kind === "block") {
      edits.push({ kind: "remove-offer", offer: offer.index });
      continue;
    }
    left.push(offer);
    if (judged.rewrites.length > 0) {
      edits.push({ kind: "rewrite-offer", offer: offer.index, ...Object.assign({}, ...judged.rewrites) });
    }
  }
  refuseForcedTool(prompt, left);
  return { edits, left };
}

/**
 * Asks the posts on results from a message on. Results that the gateway wrote itself (`restored`) are its
 * own words: never judged, never framed.
 */
export async function judgeResults(
  place: InPlace,
  prompt: Prompt,
  rewriteFrom: number,
  restored: ReadonlySet<number>,
): Promise<JudgedResults> {
  const { engine, posts, at, notes } = place;
  const edits: PromptEdit[] = [];
  const texts = new Map<number, readonly string[]>();
  const onDuty = onPlane(posts, "result", at.plane);
  const scope = engine.keptVerdicts.scope(at.caller.tenant, at.plane, onDuty);
  for (const part of prompt.parts) {
    if (part.kind !== "result" || part.message < rewriteFrom || restored.has(part.message)) continue;
    const subject = resultSubject(part, at);
    const kept = scope === null ? undefined : engine.keptVerdicts.get(scope, subject);
    const judged = kept ?? (await judgeResult(place, subject, prompt.messages[part.message], onDuty, scope));
    notes.record.note(judged.verdicts);
    if (judged.kind === "pass" && judged.rewrites.length === 0) continue;
    notes.interventions.push(...judged.interventions);
    const after = judged.kind === "block" ? [judged.toModel] : judged.subject.texts;
    edits.push({ kind: "result-texts", part: part.index, texts: after });
    texts.set(part.index, after);
  }
  return { edits, texts };
}

function resultSubject({ result, texts }: Part, { plane }: Exchange): ResultSubject {
  return {
    plane,
    callId: result?.callId ?? "",
    toolName: result?.toolName,
    isError: result?.isError ?? false,
    texts,
    original: texts,
  };
}

async function judgeResult(
  { engine, at, notes }: InPlace,
  subject: ResultSubject,
  message: Message | undefined,
  posts: readonly Post<"result">[],
  scope: Scope | null,
): Promise<Judgement<"result">> {
  const judged = await judge("result", posts, subject, at, withTexts, engine);
  // A kept verdict comes without its facts the next time: they are on disk already.
  notes.facts.push(...judged.facts);
  const where = message === undefined ? {} : { message: message.hash };
  const verdicts = judged.verdicts.map((one) => ({ ...one, ...where }));
  const located = verdicts.length === 0 ? judged : { ...judged, verdicts };
  if (scope !== null) engine.keptVerdicts.set(scope, subject, located);
  return located;
}

function withTexts(was: ResultSubject, { texts }: ResultRewrite): ResultSubject {
  return { ...was, texts };
}
