import type { LongstopError } from "../exchange/error.ts";
import type { Plane } from "../exchange/exchange.ts";
import type { Prompt, PromptEdit } from "../exchange/prompt.ts";
import type { CallChange, CallOutcome, Turn } from "../exchange/turn.ts";
import type { Frame } from "../wire/sse.ts";
import type { TurnForms } from "./turn-forms.ts";

/** An answer of this gateway to the client, whole. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What a frame of a stream is for, as far as holding back is concerned.
 * - `preamble`: opens the answer and says nothing yet (message_start, role delta, ping)
 * - `text`: text or thinking that may flow (also a call that the provider executes itself)
 * - `call`: belongs to a call that the client would execute; from the first on all is held
 * - `end`: says why the answer ended, or what it used; there may be several
 * - `error`: the upstream's own error inside the stream
 * - `comment`: an SSE comment; flows always
 */
export type FrameRole = "preamble" | "text" | "call" | "end" | "error" | "comment";

/** Reads one upstream stream. Feed every frame, in order. */
export interface StreamReader {
  read(frame: Frame): FrameRole;
  /** True once the protocol's very last frame was read: what comes behind it is nobody's. */
  readonly ended: boolean;
  /** What has been read so far. `complete` is true once the protocol's own end was seen. */
  turn(): Turn;
}

/** What a released turn differs in from what the upstream sent. */
export interface Release {
  readonly changes: readonly CallChange[];
  /** Output tokens of earlier attempts, added to the usage that the client is told. */
  readonly addOutputTokens: number;
  /** A comment line (without `: `) to stand before the terminal frame, or undefined. */
  readonly comment: string | undefined;
}

/**
 * Writes one stream to the client: one envelope, one finish and one usage report, whatever the
 * number of upstream turns behind it. Without changes the frames leave as the bytes that came.
 */
export interface StreamWriter {
  /**
   * A frame that flows now. Of the first turn: its own bytes. Of a later one: fitted into the
   * envelope that the client has (ids, indexes); null where the client must not see it again.
   */
  pass(frame: Frame, role: FrameRole): Uint8Array | null;
  /**
   * The frames held since the first `call` (or `end`) of the current turn, with the decisions
   * carried out. Removed calls leave no gap in numbering and, when none is left, the finish says
   * so; a turn that was cut by the token limit keeps its length reason.
   */
  release(held: readonly Frame[], turn: Turn, release: Release): Uint8Array[];
  /** The current turn's held frames are never sent; what comes next is spliced behind it. */
  nextTurn(): void;
  /** The protocol's error event: what ends a stream that cannot end well. */
  error(error: LongstopError): Uint8Array;
}

/**
 * A wire format: finds the moments in bodies and streams, and writes what the engine decided.
 * It knows no policy, keeps no state between exchanges, and never converts: bodies are the text
 * that came, changed by edits. Malformed input throws `LongstopError("request_malformed", …)`, or
 * `upstream_unreadable` for answers.
 */
export interface Protocol {
  readonly name: string;
  readonly plane: Plane;
  /** True where this method and path (without run prefixes and query) carry this protocol. */
  matches(method: string, path: string): boolean;

  /**
   * True where errors belong in this protocol's words although the path carries no moments: other
   * paths of the same vendor (`/v1/messages/batches`, `/v1/models` with `anthropic-version`).
   * `headers` has lower-case names.
   */
  words(path: string, headers: Readonly<Record<string, unknown>>): boolean;

  /** Where this vendor's API takes a credential. Left out: `Authorization: Bearer`. */
  readonly credential?: { readonly header: string; readonly scheme: string };

  /**
   * Finds offers, results and everything else in a request. `path` is where it was sent, as `matches`
   * saw it: some protocols name the model, and whether to stream, there and not in the body. Bytes are
   * valid UTF-8.
   */
  readPrompt(body: string | Uint8Array, path: string): Prompt;
  /** The body with the edits carried out. No edits: the very same string. */
  editPrompt(prompt: Prompt, edits: readonly PromptEdit[]): string;
  /** The same as UTF-8, which is what is sent. */
  editBody(prompt: Prompt, edits: readonly PromptEdit[]): Uint8Array;
  /**
   * The body that asks again: `body` with the turn and one result per call appended. Calls whose
   * arguments are no valid JSON stand there in a valid form.
   */
  continuePrompt(prompt: Prompt, answer: AnswerRecord, outcomes: readonly CallOutcome[]): string;

  /** Reads a whole JSON answer. */
  readAnswer(body: string): Answer;
  /** The answer with the changes carried out, as in `StreamWriter.release`. */
  editAnswer(answer: Answer, release: Release): string;

  openReader(): StreamReader;
  openWriter(): StreamWriter;
  /** How an answer in one form is written in the other, for who asks again in another way. */
  readonly forms: TurnForms;

  /**
   * The turn as the provider wants it back (thinking and signatures included): JSON texts of whole
   * elements of the message list. One, where a turn is one element.
   */
  assistantMessages(answer: AnswerRecord): readonly string[];
  /**
   * The hash that the client's copy of what it was shown will have as `Message.hash` when it sends
   * it back: `text` as shown, the calls as released.
   */
  shownHash(shown: { readonly text: string; readonly calls: Turn["calls"] }): string;
  /** The result messages that `continuePrompt` appends, as JSON texts of whole messages. */
  resultMessages(outcomes: readonly CallOutcome[]): readonly string[];

  /**
   * The id of the answer that a request without a body fetches (`GET /v1/responses/<id>`), or null.
   * What it brings is read with `readAnswer` or `openReader`, and judged like any other answer.
   */
  fetchedAnswer(method: string, path: string): string | null;

  /** Words an error so that the real SDK shows its sentence in `error.message`. */
  refuse(error: LongstopError, requestId: string): WholeAnswer;
  /**
   * The prompt with earlier turns, which the provider keeps, before its own messages: for the guards'
   * eyes, never sent. Absent where the provider keeps nothing that a request can lean on.
   */
  withEarlier?(prompt: Prompt, earlier: readonly EarlierTurn[]): Prompt;
  /**
   * For a request that leans on what the provider keeps (`Prompt.kept` is not empty): the answer that
   * makes the vendor's own SDK send the whole conversation instead, or null where nothing does.
   */
  refuseKept(prompt: Prompt): WholeAnswer | null;
  /** True where this model's thinking is bound to everything before it, so edits void it. */
  bindsThinking(model: string): boolean;
}

/** A turn that the provider keeps: the request behind it, and the model's words as elements of a prompt. */
export interface EarlierTurn {
  readonly prompt: Prompt;
  readonly output: readonly string[];
}

/** A whole JSON answer: the turn in it, and its text. */
export interface Answer {
  readonly text: string;
  readonly turn: Turn;
}

/** What a protocol needs to write a turn back into a prompt: from JSON or from a stream. */
export type AnswerRecord =
  | { readonly kind: "whole"; readonly answer: Answer }
  | { readonly kind: "stream"; readonly reader: StreamReader };
