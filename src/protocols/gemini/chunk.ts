import { LongstopError } from "../../exchange/error.ts";
import { JsonTextError } from "../../wire/json-scan.ts";
import { member, parseAt, typeAt, type Span } from "../../wire/json-text.ts";
import { numberOf, objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { fieldAt, fieldOf } from "./fields.ts";
import { partsAt, readPart, type ContentPart } from "./parts.ts";
import { repeatedAt } from "./repeated.ts";

/** One candidate in a piece of an answer. */
export interface ChunkCandidate {
  readonly index: number;
  readonly span: Span;
  readonly content: Span | undefined;
  readonly parts: readonly ContentPart[];
  readonly finishReason: string | undefined;
  readonly finishMessage: string;
}

/** A `GenerateContentResponse`: a whole answer, or one piece of a stream. */
export interface Chunk {
  readonly text: string;
  /** Where it stands in `text`. */
  readonly root: Span;
  readonly body: JsonObject;
  readonly candidates: readonly ChunkCandidate[];
  /** Why the request was refused, where it was; there are no candidates then. */
  readonly blockReason: string | undefined;
}

export function unreadable(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("upstream_unreadable", sentence, { cause });
}

/** Longest piece of an upstream's own words that an error quotes, in characters. */
const quoteLengthMax = 500;

/** Reads the response at `root`: https://ai.google.dev/api/generate-content#generatecontentresponse */
export function readChunk(text: string, root: Span): Chunk {
  const body = objectOf(parseAt(text, root));
  if (body === undefined) throw unreadable("The model's answer is not a JSON object.");
  const list = repeatedAt(text, fieldAt(text, root, "candidates"));
  const feedback = objectOf(fieldOf(body, "promptFeedback"));
  return {
    text,
    root,
    body,
    candidates: (list?.items ?? []).map((span, place) => readCandidate(text, span, place)),
    blockReason: stringOf(fieldOf(feedback ?? {}, "blockReason")),
  };
}

function readCandidate(text: string, span: Span, place: number): ChunkCandidate {
  const candidate = objectOf(parseAt(text, span));
  if (candidate === undefined) throw unreadable("A candidate of the model's answer is not an object.");
  const content = member(text, span, "content");
  const isObject = content !== undefined && typeAt(text, content) === "object";
  return {
    index: numberOf(candidate["index"]) ?? place,
    span,
    content: isObject ? content : undefined,
    parts: isObject ? partsAt(text, content).map((part) => readPart(text, part)) : [],
    finishReason: stringOf(fieldOf(candidate, "finishReason")),
    finishMessage: stringOf(fieldOf(candidate, "finishMessage")) ?? "",
  };
}

/** The upstream's own words where it answers with an error, also inside an answer that began well. */
export function errorIn(body: JsonObject): string | undefined {
  const error = body["error"];
  if (error === undefined || error === null) return undefined;
  const said = stringOf(objectOf(error)?.["message"]) ?? stringOf(error) ?? "";
  return `The upstream answered with an error: ${said.slice(0, quoteLengthMax)}`;
}

/** Runs a reader of an answer; what it finds wrong is the upstream's fault. */
export function readingAnswer<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof JsonTextError)) throw cause;
    throw unreadable(`The model's answer is not valid JSON. ${cause.message}`, cause);
  }
}
