import type { Call } from "./turn.ts";

/** A stretch of the original body, as UTF-16 offsets: `text.slice(start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * One tool that a request offers to the model.
 * `function`: arguments are JSON. `custom`: arguments are free text. `provider`: run or defined by
 * the provider (web search, bash_20250124, an MCP connector): seen, never judged against a schema.
 */
export interface ToolOffer {
  readonly index: number;
  readonly name: string;
  readonly kind: "function" | "custom" | "provider";
  readonly description: string | undefined;
  /**
   * The schema exactly as received (JSON text), or undefined where the offer has none. Of a vendor's own
   * dialect the same schema in JSON Schema; the span is the offer as received all the same.
   */
  readonly schemaText: string | undefined;
  /** What the free text of a `custom` tool must match, as far as the offer says so. */
  readonly grammar?: { readonly syntax: "regex" | "lark"; readonly definition: string };
  /** OpenAI's and Anthropic's `strict: true`. */
  readonly strict: boolean;
  /** What is removed when the offer is refused: the element of `tools`. */
  readonly span: Span;
}

export type Role = "system" | "user" | "assistant" | "tool";

export type PartKind =
  | "tools" // all offers together: one part
  | "system" // system or developer text, wherever it stands
  | "text" // what a user or the model said
  | "call" // one tool call of the model (Chat: the whole assistant message that holds calls)
  | "result" // the result of one call
  | "thinking" // the model's reasoning; never edited, only dropped whole
  | "media" // images, audio, documents
  | "other"; // a block this version does not know: passes, is counted, is never edited

/** What token counting needs of an image, as far as the request tells it. */
export interface Media {
  readonly kind: "image" | "audio" | "document";
  /** Length of inline base64, or undefined for a URL or a file id. */
  readonly base64: string | undefined;
}

/** One piece of a prompt. Everything derived from it is a function of `original`, so cacheable. */
export interface Part {
  /** Position in `Prompt.parts`. */
  readonly index: number;
  /** Index of its message in `Prompt.messages`, or -1 for tools and a top-level system prompt. */
  readonly message: number;
  readonly role: Role;
  readonly kind: PartKind;
  readonly span: Span;
  /** The JSON text of the part, exactly as received. */
  readonly original: string;
  /** Never dropped by a trim: system, tools, task, latest user message, running tool loop. */
  readonly pinned: boolean;
  /** The texts in it that a model reads, decoded (for counting and judging). */
  readonly texts: readonly string[];
  readonly media: readonly Media[];
  /** For `result`: the call that it answers, found by position. Undefined where there is none. */
  readonly result?: {
    readonly callId: string;
    readonly toolName: string | undefined;
    readonly isError: boolean;
  };
}

/**
 * One element of the request's message list, or the neighbouring elements that are one turn of the
 * model where a protocol writes a turn as several: the smallest thing that a trim drops.
 */
export interface Message {
  readonly index: number;
  readonly role: Role;
  readonly span: Span;
  /** Its parts are `parts.slice(partsFrom, partsTo)`. */
  readonly partsFrom: number;
  readonly partsTo: number;
  /** True where it holds calls of the model, or results of calls. */
  readonly hasCalls: boolean;
  readonly hasResults: boolean;
  /** True where it holds something that a user said (not only results). */
  readonly hasUserContent: boolean;
  /** Ids of the calls in it, in order. Real agents repeat ids: they narrow, they never prove. */
  readonly callIds: readonly string[];
  /** The same calls: what the model asked the client to execute, as the client sends it back. */
  readonly calls: readonly Call[];
  /** Trimming unit: an assistant message with calls and the messages with its results share one. */
  readonly group: number;
  /**
   * Hash of what the message says, the same however a client serialises it: role, text, calls with
   * canonical arguments, results; without ids' order, thinking, nulls and fields unknown to us.
   */
  readonly hash: string;
}

export type ToolChoice =
  | { readonly kind: "auto" | "none" | "required" }
  | { readonly kind: "named"; readonly names: readonly string[] };

/**
 * Something of the conversation that the provider keeps, so that the body only names it.
 * - `answer`: everything up to and including that answer (`previous_response_id`, a thread to go on with)
 * - `conversation`: an object at the provider that grows by itself
 * - `item`: one element of the message list (`item_reference`)
 */
export interface Kept {
  readonly kind: "answer" | "conversation" | "item";
  /** Null where the provider is asked to begin keeping, and gives the id later. */
  readonly id: string | null;
}

/** A whole request to a model, as a protocol found it. `text` is the body exactly as received. */
export interface Prompt {
  readonly text: string;
  /** Where it was sent, without query and the caller's prefixes: `/v1/chat/completions`. */
  readonly path: string;
  readonly model: string;
  readonly stream: boolean;
  /** How many answers are asked for (`n`); 1 where the protocol has no such thing. */
  readonly choices: number;
  /** The most tokens that the answer may have, as the request says, or undefined. */
  readonly answerTokensMax: number | undefined;
  readonly offers: readonly ToolOffer[];
  /** True where the provider adds tools that stand nowhere in the request (a stored prompt, a cache). */
  readonly offersElsewhere?: boolean;
  readonly toolChoice: ToolChoice;
  readonly messages: readonly Message[];
  readonly parts: readonly Part[];
  /** What the request leans on that is not in its body; empty for a request that says all itself. */
  readonly kept: readonly Kept[];
  /** Hash over system and tools, as far as they stand outside the messages. */
  readonly headHash: string;
}

/**
 * A change to a prompt. The protocol turns it into text edits on the original; everything outside
 * them keeps its bytes. Several edits may name different places of one prompt, never the same.
 */
export type PromptEdit =
  /** Other texts for a result, one for each of the part's `texts` (or one stub for all). */
  | { readonly kind: "result-texts"; readonly part: number; readonly texts: readonly string[] }
  /** Text at the very end of the system prompt; one is added where there is none. */
  | { readonly kind: "append-system"; readonly text: string }
  /** Messages `from <= index < to` leave, system messages among them stay. */
  | { readonly kind: "drop-messages"; readonly from: number; readonly to: number }
  /** Thinking leaves the messages `from <= index < to`. */
  | { readonly kind: "drop-thinking"; readonly from: number; readonly to: number }
  /** A message of its own behind message `after` (-1: before the first). */
  | {
      readonly kind: "insert";
      readonly after: number;
      readonly role: "user" | "system";
      readonly text: string;
    }
  /** A message makes room for others: `rawMessages` are JSON texts of whole messages. */
  | { readonly kind: "replace-message"; readonly message: number; readonly rawMessages: readonly string[] }
  /**
   * An offer leaves, wherever the request names it: its definition, a list of the tools that may be
   * called, what shows or hides it later on. What the provider refuses without tools leaves with the
   * last one. A choice that forces it is no concern of this edit: such a request is never sent.
   */
  /** Another id of something that the provider keeps: its own, where the client knows another. */
  | { readonly kind: "kept-id"; readonly from: string; readonly to: string }
  | { readonly kind: "remove-offer"; readonly offer: number }
  | {
      readonly kind: "rewrite-offer";
      readonly offer: number;
      readonly description?: string;
      readonly schemaText?: string;
    };
