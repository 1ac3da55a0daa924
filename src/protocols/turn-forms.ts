import type { Prompt } from "../exchange/prompt.ts";
import type { Frame } from "../wire/sse.ts";

/** What makes two requests the same one, however their answers are to be written. */
export interface TurnIdentity {
  /** The path without what only says how the answer is written. */
  readonly path: string;
  /**
   * The members of the body but the message list and what only says how the answer is written: by name,
   * in the order of their UTF-16 units, of equal names the last. Names are decoded, so one may hold a
   * lone surrogate; values are JSON texts as they came.
   */
  readonly parameters: readonly (readonly [name: string, text: string])[];
  /** The elements of the message list: JSON texts as they came. */
  readonly messages: readonly string[];
}

/** A request as it goes upstream. */
export interface AskedStream {
  readonly path: string;
  /** With its question mark, or an empty string. */
  readonly query: string;
  readonly body: string;
}

/** A request by which the model goes on behind its own words, and how its answer is joined to them. */
export interface GoingOn {
  readonly body: string;
  join(): Joining;
}

/** Joins the stream of an answer to what it goes on behind. Feed every frame, in order. */
export interface Joining {
  /** The bytes in the place of the frame: of all frames, one whole answer. */
  take(frame: Frame): readonly Uint8Array[];
}

/**
 * The forms that one answer can have: whole, or as a stream. What cannot be read has neither: it gives
 * null, as does everything that one form can say and the other cannot.
 */
export interface TurnForms {
  /** Cheap, also for a long conversation: no message is parsed. */
  identity(prompt: Prompt): TurnIdentity;
  /**
   * The same request, asking for a stream that tells all that the whole answer would; null where none
   * does (several choices, something that is not streamed).
   */
  askStream(body: string, path: string, query: string): AskedStream | null;
  /**
   * The whole answer that a stream tells, of which `stream` is the text of all bytes; null also where
   * the stream is not complete or ended in an error. What a stream was not asked to tell (usage, in
   * some protocols) the answer lacks.
   */
  wholeOf(stream: string): string | null;
  /**
   * The whole answer of which `stream` tells the beginning and was then cut: with the protocol's reason for
   * an answer that reached its token limit, all calls that were whole, and nothing of one that was cut. Null
   * where the stream was not cut, or nothing of it can be kept.
   */
  cutShort(stream: string): string | null;
  /**
   * Lets the model go on behind the answer of which `stream` tells the beginning and was then cut. Null where
   * it cannot: behind a call, or thinking, or where the request allows no words of the model's before its
   * answer. Left out, no model of this protocol does.
   */
  goOn?(prompt: Prompt, stream: string): GoingOn | null;
  /**
   * True where a stream asked for with this query, its question mark included, comes as one JSON list and
   * not as server-sent events. Left out, none does.
   */
  isList?(query: string): boolean;
  /**
   * The stream that a whole answer would have been for a client that asked with `prompt`: server-sent
   * events, with what that client asked a stream to tell.
   */
  streamOf(answer: string, prompt: Prompt): string | null;
}
