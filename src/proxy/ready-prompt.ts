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
  readonly body: Uint8Array;
  #prompt: Prompt | null = null;

  constructor(protocol: Protocol, readied: Readied) {
    this.#protocol = protocol;
    this.#readied = readied;
    const { truth, edits } = readied;
    this.body = protocol.editBody(truth, edits);
  }

  /** The request as the client sent it. */
  get shown(): Prompt {
    return this.#readied.shown;
  }

  /** False where the body is what the client sent. */
  get changed(): boolean {
    const { shown, truth, edits } = this.#readied;
    return truth !== shown || edits.length > 0;
  }

  get prompt(): Prompt {
    const { truth, edits } = this.#readied;
    this.#prompt ??= edits.length === 0 ? truth : this.#protocol.readPrompt(this.body, truth.path);
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
