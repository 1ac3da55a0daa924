import { LongstopError } from "../exchange/error.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Fact, NewFact } from "../exchange/fact.ts";
import type { PromptSubject } from "../exchange/moments.ts";
import type { Prompt, PromptEdit } from "../exchange/prompt.ts";
import type { RunUsage } from "../exchange/run-usage.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { beginning } from "./beginning.ts";
import { chainOf, chainStart, conversationId } from "./chains.ts";
import type { KnownFacts } from "./conversation.ts";
import type { Engine } from "./engine.ts";
import { judge, type Judgement } from "./judge.ts";
import {
  type JudgedOffers,
  type JudgedResults,
  judgeOffers,
  judgeResults,
  type RequestNotes,
} from "./judge-in-place.ts";
import { partsAfter } from "./judged-part.ts";
import { overtaken } from "./noted-verdict.ts";
import { onPlane } from "./posts.ts";
import { dropsParts, editsBehind, leaves } from "./prompt-edits.ts";
import { ReadyPrompt } from "./ready-prompt.ts";
import { alone, editsOfShown, type SeenPrompt } from "./seen-prompt.ts";
import { restoreSplices, restoredMessages } from "./splices.ts";
import type { VerdictRecord } from "./verdict-record.ts";
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
  record: VerdictRecord,
  run: RunUsage | null = null,
  seen: SeenPrompt | null = null,
): Promise<ReadyPrompt> {
  const stage = new PromptStage(engine, protocol, at, record, run);
  return stage.run(shown, seen ?? alone(shown));
}

const untouched = ({ offers }: Prompt): JudgedOffers => ({ edits: [], left: offers });
const untouchedResults: JudgedResults = { edits: [], texts: new Map() };

class PromptStage {
  readonly #engine: Engine;
  readonly #protocol: Protocol;
  readonly #at: Exchange;
  readonly #run: RunUsage | null;
  readonly #notes: RequestNotes;
  /** The posts of the conversation's own version. */
  #posts: RequestPosts;
  #conversation: string | null = null;

  constructor(engine: Engine, protocol: Protocol, at: Exchange, record: VerdictRecord, run: RunUsage | null) {
    this.#notes = { interventions: [], facts: [], record };
    this.#engine = engine;
    this.#protocol = protocol;
    this.#at = at;
    this.#run = run;
    this.#posts = engine.version.posts;
  }

  async run(shown: Prompt, seen: SeenPrompt): Promise<ReadyPrompt> {
    try {
      return await this.#ready(shown, seen);
    } catch (thrown) {
      // A refusal is an effect as well: what led to it is on disk before the client hears of it.
      const { record } = this.#notes;
      record.overtake(overtaken);
      await record.flush(this.#conversation);
      throw thrown;
    }
  }

  async #ready(shown: Prompt, seen: SeenPrompt): Promise<ReadyPrompt> {
    const { conversations, versions, version } = this.#engine;
    const shownChain = chainOf(seen.prompt, this.#at.target);
    const shownChainStart = chainStart(seen.prompt, this.#at.target);
    const conversation = conversationId(seen.prompt, this.#at.target, shownChain);
    this.#conversation = conversation;
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

    const place = { engine: this.#engine, posts: this.#posts, at: this.#at, notes: this.#notes };
    const offers = this.#watches("offer", truth) ? await judgeOffers(place, truth) : untouched(truth);
    const results = this.#watches("result", truth)
      ? await judgeResults(place, truth, Math.max(rewriteFrom, seen.messagesBefore), restored)
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
    const pins = edits.length > 0 || this.#watches("offer", truth) || this.#watches("result", truth);
    const writing = this.#write(conversation, pins ? { id: chosen.id, known } : null);
    if (writing instanceof Promise) await writing;

    return new ReadyPrompt(this.#protocol, {
      shown,
      truth: seen.prompt === shown ? truth : shown,
      edits,
      conversation,
      shownChain,
      shownChainStart,
      interventions: this.#notes.interventions,
    });
  }

  /** Pins the conversation to a version, and writes what was decided: in one append where both is to do. */
  #write(
    conversation: string,
    pin: { readonly id: string | null; readonly known: KnownFacts } | null,
  ): true | Promise<unknown> {
    const { record } = this.#notes;
    if (pin === null) return record.flush(conversation);
    const { versions, version } = this.#engine;
    const append = (facts: readonly NewFact[]): Promise<boolean> => record.append(conversation, facts);
    const pinning = versions.pin(this.#at.caller, conversation, pin.known, pin.id, version, append);
    const flush = (): true | Promise<boolean> => record.flush(conversation);
    return pinning instanceof Promise ? pinning.then(flush) : flush();
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
      this.#notes.interventions.push({ guard: "splice", moment: "prompt", verdict: "rewrite", reason });
    }
    const truth = all.length === 0 ? shown : this.#reread(shown, all);
    return { truth, restored: restoredMessages(edits, truth) };
  }

  /** Asks the posts on the prompt. New facts are on disk before the edits that rest on them are used. */
  #judgePrompt(
    prompt: Prompt,
    texts: ReadonlyMap<number, readonly string[]>,
    conversation: string,
    known: Pick<PromptSubject, "offers" | "chains" | "facts" | "factsWritable" | "bindsThinking">,
  ): readonly PromptEdit[] | Promise<readonly PromptEdit[]> {
    const posts = onPlane(this.#posts, "prompt", this.#at.plane);
    if (posts.length === 0 && this.#notes.facts.length === 0) return [];
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
    const judging = judge("prompt", posts, first, this.#at, apply, this.#engine);
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
    const { record } = this.#notes;
    record.note(judged.verdicts);
    if (judged.kind === "block") {
      throw new LongstopError(judged.code, judged.toModel, { detail: { guard: judged.guard } });
    }
    const decided = (): readonly PromptEdit[] => {
      this.#notes.interventions.push(...judged.interventions);
      return judged.rewrites.flatMap(({ edits }) => edits);
    };
    // What a guard sets although nothing can be written does not hold, so it is not asked again.
    const fresh = factsWritable ? [...this.#notes.facts, ...judged.facts] : [];
    // Verdicts alone wait for what pins the conversation's version: both are one append.
    if (fresh.length === 0) return decided();
    return record.append(conversation, fresh).then((isWritten) => {
      if (isWritten) return decided();
      record.forget(judged.verdicts);
      return again();
    });
  }

  #reread(prompt: Prompt, edits: readonly PromptEdit[]): Prompt {
    return this.#protocol.readPrompt(this.#protocol.editBody(prompt, edits), prompt.path);
  }
}
