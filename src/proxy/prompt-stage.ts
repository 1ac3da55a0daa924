import { LongstopError } from "../exchange/error.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Fact, NewFact } from "../exchange/fact.ts";
import type { PromptSubject, ResultRewrite, ResultSubject } from "../exchange/moments.ts";
import type { Part, Prompt, PromptEdit, ToolOffer } from "../exchange/prompt.ts";
import type { RunUsage } from "../exchange/run-usage.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { beginning } from "./beginning.ts";
import { chainOf, chainStart, conversationId } from "./chains.ts";
import type { Engine } from "./engine.ts";
import { judge, type Intervention, type Judgement } from "./judge.ts";
import { partsAfter } from "./judged-part.ts";
import type { Scope } from "./kept-verdicts.ts";
import { onPlane, type Post } from "./posts.ts";
import { dropsParts, editsBehind, leaves } from "./prompt-edits.ts";
import { ReadyPrompt } from "./ready-prompt.ts";
import { alone, editsOfShown, type SeenPrompt } from "./seen-prompt.ts";
import { restoreSplices, restoredMessages } from "./splices.ts";
import { refuseForcedTool } from "./tool-choice.ts";
import type { RequestPosts } from "./versions.ts";

/**
 * The request's side of an exchange: puts the model's true words back, then asks the posts on
 * offers, results and the prompt as a whole. Every rewrite is a pure function of the messages up to
 * it and of facts that were on disk before their first use, so later turns come out with the same
 * bytes.
 */
export function readyPrompt(
  engine: Engine,
  protocol: Protocol,
  shown: Prompt,
  at: Exchange,
  run: RunUsage | null = null,
  seen: SeenPrompt | null = null,
): Promise<ReadyPrompt> {
  const stage = new PromptStage(engine, protocol, at, run);
  return stage.run(shown, seen ?? alone(shown));
}

/** What becomes of the offers, and those that are left. */
interface JudgedOffers {
  readonly edits: readonly PromptEdit[];
  readonly left: readonly ToolOffer[];
}

/** What becomes of the results, and the texts of those that were changed, by part. */
interface JudgedResults {
  readonly edits: readonly PromptEdit[];
  readonly texts: ReadonlyMap<number, readonly string[]>;
}

const untouched = ({ offers }: Prompt): JudgedOffers => ({ edits: [], left: offers });
const untouchedResults: JudgedResults = { edits: [], texts: new Map() };

class PromptStage {
  readonly #engine: Engine;
  readonly #protocol: Protocol;
  readonly #at: Exchange;
  readonly #run: RunUsage | null;
  readonly #interventions: Intervention[] = [];
  /** The posts of the conversation's own version. */
  #posts: RequestPosts;
  /** Facts of offers and results: written with those of the prompt, before anything is sent. */
  readonly #facts: NewFact[] = [];

  constructor(engine: Engine, protocol: Protocol, at: Exchange, run: RunUsage | null) {
    this.#engine = engine;
    this.#protocol = protocol;
    this.#at = at;
    this.#run = run;
    this.#posts = engine.version.posts;
  }

  async run(shown: Prompt, seen: SeenPrompt): Promise<ReadyPrompt> {
    const { conversations, versions, version } = this.#engine;
    const shownChain = chainOf(seen.prompt, this.#at.target);
    const shownChainStart = chainStart(seen.prompt, this.#at.target);
    const conversation = conversationId(seen.prompt, this.#at.target, shownChain);
    // What can be had at once is not waited for: each wait has its price, and most requests need none.
    const reading = conversations.facts(this.#at.caller, conversation);
    const known = reading instanceof Promise ? await reading : reading;
    const choosing = versions.of(this.#at.caller, conversation, known, version);
    const chosen = choosing instanceof Promise ? await choosing : choosing;
    this.#posts = chosen.posts;

    const { truth, restored } = this.#restore(seen, shownChain, shownChainStart, known.facts);
    const binds = this.#protocol.bindsThinking(truth.model);
    const rewriteFrom = binds
      ? await beginning(conversations, this.#at.caller, conversation, truth, known)
      : 0;

    const offers = this.#watches("offer", truth) ? await this.#judgeOffers(truth) : untouched(truth);
    const results = this.#watches("result", truth)
      ? await this.#judgeResults(truth, Math.max(rewriteFrom, seen.messagesBefore), restored)
      : untouchedResults;
    const inPlace = [...offers.edits, ...results.edits];
    // Of what the provider keeps nothing can be trimmed, so nothing of the kind is begun.
    const writable = known.writable && rewriteFrom === 0 && seen.messagesBefore === 0;
    const chains = truth === seen.prompt ? shownChain : chainOf(truth, this.#at.target);
    const subject = {
      offers: offers.left,
      chains,
      facts: known.facts,
      factsWritable: writable,
      bindsThinking: binds,
    };
    const judging = this.#judgePrompt(truth, results.texts, conversation, subject);
    const whole = judging instanceof Promise ? await judging : judging;
    const judged = editsBehind([...inPlace, ...whole], truth, rewriteFrom);
    const edits = seen.prompt === shown ? [...judged, ...seen.edits] : editsOfShown(judged, seen, shown);
    // What was judged in place is in later requests, too: another version must not come to it.
    if (edits.length > 0 || this.#watches("offer", truth) || this.#watches("result", truth)) {
      const pinning = versions.pin(this.#at.caller, conversation, known, chosen.id, version);
      if (pinning instanceof Promise) await pinning;
    }

    return new ReadyPrompt(this.#protocol, {
      shown,
      truth: seen.prompt === shown ? truth : shown,
      edits,
      conversation,
      shownChain,
      shownChainStart,
      interventions: this.#interventions,
    });
  }

  /** True where the prompt has something of the kind, and a post watches it. */
  #watches(moment: "offer" | "result", { offers, parts }: Prompt): boolean {
    if (onPlane(this.#posts, moment, this.#at.plane).length === 0) return false;
    return moment === "offer" ? offers.length > 0 : parts.some(({ kind }) => kind === "result");
  }

  #restore(
    { prompt: shown, messagesBefore }: SeenPrompt,
    chain: readonly string[],
    start: string,
    facts: readonly Fact[],
  ): { truth: Prompt; restored: ReadonlySet<number> } {
    // Kept turns are the model's own words already.
    if (messagesBefore > 0) return { truth: shown, restored: new Set() };
    const { edits, lostFrom } = restoreSplices(shown, chain, start, facts);
    const all: PromptEdit[] = [...edits];
    if (lostFrom !== null && this.#protocol.bindsThinking(shown.model)) {
      // The model's true words before this thinking are gone, so the provider would refuse it.
      const replaced = new Set(edits.map(({ message }) => message));
      for (let from = lostFrom; from < shown.messages.length; from++) {
        if (!replaced.has(from)) all.push({ kind: "drop-thinking", from, to: from + 1 });
      }
      const reason = "a message was changed by the client: thinking after it was removed";
      this.#interventions.push({ guard: "splice", moment: "prompt", verdict: "rewrite", reason });
    }
    const truth = all.length === 0 ? shown : this.#reread(shown, all);
    return { truth, restored: restoredMessages(edits, truth) };
  }

  async #judgeOffers(prompt: Prompt): Promise<JudgedOffers> {
    const posts = onPlane(this.#posts, "offer", this.#at.plane);
    const edits: PromptEdit[] = [];
    const left: ToolOffer[] = [];
    for (const offer of prompt.offers) {
      const subject = { offer, toolChoice: prompt.toolChoice };
      const apply = (was: typeof subject, to: object): typeof subject => ({
        ...was,
        offer: { ...was.offer, ...to },
      });
      const judging = judge("offer", posts, subject, this.#at, apply, this.#engine.log);
      const judged = judging instanceof Promise ? await judging : judging;
      this.#interventions.push(...judged.interventions);
      this.#facts.push(...judged.facts);
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

  /** Results that the gateway wrote itself (`restored`) are its own words: never judged, never framed. */
  async #judgeResults(
    prompt: Prompt,
    rewriteFrom: number,
    restored: ReadonlySet<number>,
  ): Promise<JudgedResults> {
    const edits: PromptEdit[] = [];
    const texts = new Map<number, readonly string[]>();
    const onDuty = onPlane(this.#posts, "result", this.#at.plane);
    const scope = this.#engine.keptVerdicts.scope(this.#at.caller.tenant, this.#at.plane, onDuty);
    for (const part of prompt.parts) {
      if (part.kind !== "result" || part.message < rewriteFrom || restored.has(part.message)) continue;
      const subject = this.#resultSubject(part);
      const kept = scope === null ? undefined : this.#engine.keptVerdicts.get(scope, subject);
      const judged = kept ?? (await this.#judgeResult(subject, onDuty, scope));
      if (judged.kind === "pass" && judged.rewrites.length === 0) continue;
      this.#interventions.push(...judged.interventions);
      const after = judged.kind === "block" ? [judged.toModel] : judged.subject.texts;
      edits.push({ kind: "result-texts", part: part.index, texts: after });
      texts.set(part.index, after);
    }
    return { edits, texts };
  }

  #resultSubject({ result, texts }: Part): ResultSubject {
    return {
      plane: this.#at.plane,
      callId: result?.callId ?? "",
      toolName: result?.toolName,
      isError: result?.isError ?? false,
      texts,
      original: texts,
    };
  }

  async #judgeResult(
    subject: ResultSubject,
    posts: readonly Post<"result">[],
    scope: Scope | null,
  ): Promise<Judgement<"result">> {
    const judged = await judge("result", posts, subject, this.#at, withTexts, this.#engine.log);
    // A kept verdict comes without its facts the next time: they are on disk already.
    this.#facts.push(...judged.facts);
    if (scope !== null) this.#engine.keptVerdicts.set(scope, subject, judged);
    return judged;
  }

  /** Asks the posts on the prompt. New facts are on disk before the edits that rest on them are used. */
  #judgePrompt(
    prompt: Prompt,
    texts: ReadonlyMap<number, readonly string[]>,
    conversation: string,
    known: Pick<PromptSubject, "offers" | "chains" | "facts" | "factsWritable" | "bindsThinking">,
  ): readonly PromptEdit[] | Promise<readonly PromptEdit[]> {
    const posts = onPlane(this.#posts, "prompt", this.#at.plane);
    if (posts.length === 0 && this.#facts.length === 0) return [];
    const first: PromptSubject = {
      model: prompt.model,
      answerTokensMax: prompt.answerTokensMax,
      messages: prompt.messages,
      parts: partsAfter(prompt.parts, texts, () => false),
      appended: [],
      run: this.#run,
      ...known,
    };
    const apply = (was: PromptSubject, { edits }: { edits: readonly PromptEdit[] }): PromptSubject => ({
      ...was,
      parts: dropsParts(edits)
        ? partsAfter(
            prompt.parts,
            texts,
            (part) => was.parts[part.index]?.dropped === true || leaves(part, edits),
          )
        : was.parts,
      appended: [
        ...was.appended,
        ...edits.flatMap((edit) => (edit.kind === "append-system" ? [edit.text] : [])),
      ],
    });
    const judging = judge("prompt", posts, first, this.#at, apply, this.#engine.log);
    const again = (): readonly PromptEdit[] | Promise<readonly PromptEdit[]> =>
      this.#judgePrompt(prompt, texts, conversation, { ...known, factsWritable: false });
    return judging instanceof Promise
      ? judging.then((judged) => this.#promptEdits(judged, conversation, known.factsWritable, again))
      : this.#promptEdits(judging, conversation, known.factsWritable, again);
  }

  /** What was decided about a prompt; `again` asks once more, for a time in which no fact can be set. */
  #promptEdits(
    judged: Judgement<"prompt">,
    conversation: string,
    factsWritable: boolean,
    again: () => readonly PromptEdit[] | Promise<readonly PromptEdit[]>,
  ): readonly PromptEdit[] | Promise<readonly PromptEdit[]> {
    if (judged.kind === "block") {
      throw new LongstopError(judged.code, judged.toModel, { detail: { guard: judged.guard } });
    }
    const decided = (): readonly PromptEdit[] => {
      this.#interventions.push(...judged.interventions);
      return judged.rewrites.flatMap(({ edits }) => edits);
    };
    // What a guard sets although nothing can be written does not hold, so it is not asked again.
    const fresh = factsWritable ? [...this.#facts, ...judged.facts] : [];
    if (fresh.length === 0) return decided();
    const writing = this.#engine.conversations.append(this.#at.caller, conversation, fresh);
    return writing.then((isWritten) => (isWritten ? decided() : again()));
  }

  #reread(prompt: Prompt, edits: readonly PromptEdit[]): Prompt {
    return this.#protocol.readPrompt(this.#protocol.editBody(prompt, edits), prompt.path);
  }
}

function withTexts(was: ResultSubject, { texts }: ResultRewrite): ResultSubject {
  return { ...was, texts };
}
