import type { Prompt, PromptEdit, ToolOffer } from "../exchange/prompt.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Intervention } from "./judge.ts";

/** What later steps need to know of how a request was made ready. */
export interface Readied {
  /** The prompt as the client sent it, and as the model said it: the same where nothing was restored. */
  readonly shown: Prompt;
  readonly truth: Prompt;
  readonly edits: readonly PromptEdit[];
  readonly conversation: string;
  /** Chain of the client's own messages: what a splice is found by. */
  readonly shownChain: readonly string[];
  readonly shownChainStart: string;
  readonly interventions: readonly Intervention[];
}

/**
 * A request as it goes to the model. Reading it again after the edits is put off until somebody
 * asks, because only a repair does.
 */
export class ReadyPrompt {
  readonly #protocol: Protocol;
  readonly #readied: Readied;
  readonly body: string;
  #prompt: Prompt | null = null;

  constructor(protocol: Protocol, readied: Readied) {
    this.#protocol = protocol;
    this.#readied = readied;
    const { truth, edits } = readied;
    this.body = edits.length === 0 ? truth.text : protocol.editPrompt(truth, edits);
  }

  /** The request as the client sent it. */
  get shown(): Prompt {
    return this.#readied.shown;
  }

  /** False where the body is the very text that the client sent. */
  get changed(): boolean {
    return this.body !== this.#readied.shown.text;
  }

  get prompt(): Prompt {
    const { truth } = this.#readied;
    this.#prompt ??= this.body === truth.text ? truth : this.#protocol.readPrompt(this.body, truth.path);
    return this.#prompt;
  }

  /** What the model was offered. */
  get offers(): readonly ToolOffer[] {
    const { truth, edits } = this.#readied;
    const changed = edits.some(({ kind }) => kind === "remove-offer" || kind === "rewrite-offer");
    return changed ? this.prompt.offers : truth.offers;
  }

  /** True where the model may know tools that are not among `offers`. */
  get offersElsewhere(): boolean {
    return this.#readied.truth.offersElsewhere === true;
  }

  get conversation(): string {
    return this.#readied.conversation;
  }
  get shownChain(): readonly string[] {
    return this.#readied.shownChain;
  }
  get shownChainStart(): string {
    return this.#readied.shownChainStart;
  }
  get interventions(): readonly Intervention[] {
    return this.#readied.interventions;
  }
}
