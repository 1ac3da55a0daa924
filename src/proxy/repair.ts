import { LongstopError } from "../exchange/error.ts";
import type { Prompt } from "../exchange/prompt.ts";
import type { CallOutcome, Turn } from "../exchange/turn.ts";
import type { AnswerRecord, Protocol } from "../protocols/protocol.ts";
import { refusal, type AskAgain } from "./decide-turn.ts";

/** How often a turn of nothing but answered calls is asked on: a bound, not a repair. */
const askOnMax = 16;

/**
 * The model's turns behind one answer: counts them, builds the request that asks again, and keeps
 * what was really said for the splice.
 */
export class Repair {
  readonly #protocol: Protocol;
  readonly #attemptsMax: number;
  readonly #hasTime: () => boolean;
  #prompt: Prompt | null = null;
  readonly #ready: { readonly prompt: Prompt };
  #attempts = 0;
  #policyAttempts = 0;
  #askedOn = 0;
  #lastFault = "";
  /** Output tokens of the turns that the client does not see. */
  #hiddenOutputTokens = 0;
  readonly #truth: string[] = [];

  /** `hasTime`: whether a further answer could come before its client's deadline. */
  constructor(
    protocol: Protocol,
    ready: { readonly prompt: Prompt },
    attemptsMax: number,
    hasTime: () => boolean = () => true,
  ) {
    this.#hasTime = hasTime;
    this.#protocol = protocol;
    this.#ready = ready;
    this.#attemptsMax = attemptsMax;
  }

  get attempts(): number {
    return this.#attempts;
  }

  get hiddenOutputTokens(): number {
    return this.#hiddenOutputTokens;
  }

  /** What the model said, and was told, in the turns that the client did not see: whole messages. */
  get truth(): readonly string[] {
    return this.#truth;
  }

  /** The request that asks again, or the refusal where that is not possible or did not help. */
  askAgain(asked: AskAgain, turn: Turn, record: AnswerRecord): { body: string } | { error: LongstopError } {
    if (turn.choices > 1)
      return { error: refusal(asked, "several answers were asked for, so none was repaired") };
    if (this.#attempts >= this.#attemptsMax) {
      return {
        error: refusal(
          asked,
          this.#attempts === 0 ? "repair is off" : `asked again ${timesOf(this.#attempts)}`,
        ),
      };
    }
    if (asked.fault === this.#lastFault) return { error: refusal(asked, "the same fault came back") };
    if (asked.policy && this.#policyAttempts >= 1) return { error: refusal(asked, "asked again once") };
    if (!this.#hasTime())
      return { error: refusal(asked, "the client's deadline leaves no time to ask again") };
    this.#attempts++;
    if (asked.policy) this.#policyAttempts++;
    this.#lastFault = asked.fault;
    return { body: this.#continue(record, turn, asked.outcomes, asked.toModel) };
  }

  /** The request that goes on after a turn whose calls are all answered. */
  askOn(
    outcomes: readonly CallOutcome[],
    turn: Turn,
    record: AnswerRecord,
  ): { body: string } | { error: LongstopError } {
    if (turn.choices > 1) {
      const sentence =
        "Several answers were asked for, so the model cannot be asked to go on after a gateway tool.";
      return { error: new LongstopError("call_refused", sentence) };
    }
    if (!this.#hasTime()) {
      const sentence = "The client's deadline leaves no time for the model to go on after a gateway tool.";
      return { error: new LongstopError("deadline_exceeded", sentence) };
    }
    if (++this.#askedOn > askOnMax) {
      const error = new LongstopError(
        "call_refused",
        `The model called gateway tools ${askOnMax} times in a row.`,
      );
      return { error };
    }
    return { body: this.#continue(record, turn, outcomes, null) };
  }

  #continue(
    record: AnswerRecord,
    turn: Turn,
    outcomes: readonly CallOutcome[],
    toModel: string | null,
  ): string {
    const asked = this.#prompt ?? this.#ready.prompt;
    let body = this.#protocol.continuePrompt(asked, record, outcomes);
    this.#truth.push(...this.#protocol.assistantMessages(record), ...this.#protocol.resultMessages(outcomes));
    this.#hiddenOutputTokens += turn.usage?.outputTokens ?? 0;
    let prompt = this.#protocol.readPrompt(body, asked.path);
    if (toModel !== null) {
      const after = prompt.messages.length - 1;
      body = this.#protocol.editPrompt(prompt, [{ kind: "insert", after, role: "user", text: toModel }]);
      prompt = this.#protocol.readPrompt(body, asked.path);
      const added = prompt.messages.at(-1);
      if (added !== undefined) this.#truth.push(prompt.text.slice(added.span.start, added.span.end));
    }
    this.#prompt = prompt;
    return body;
  }
}

function timesOf(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}
