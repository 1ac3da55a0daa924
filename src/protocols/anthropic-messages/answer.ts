import { LongstopError } from "../../exchange/error.ts";
import type { Span } from "../../exchange/prompt.ts";
import { applyEdits } from "../../wire/json-edit.ts";
import { JsonTextError } from "../../wire/json-scan.ts";
import { member, parseAt, rootSpan, typeAt } from "../../wire/json-text.ts";
import type { Answer, Release } from "../protocol.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import { turnOf, usageOf } from "./answer-turn.ts";
import type { AnswerBlock } from "./answer-turn.ts";
import type { Block } from "./blocks.ts";
import { contentEdits, Decisions, endEdits } from "./changes.ts";
import { readContent } from "./message-shape.ts";

/** Reads a whole answer of `POST /v1/messages`. */
export function readAnswer(body: string): Answer {
  return readingAnswer(() => {
    const { root, content } = placesIn(body);
    const message = objectOf(parseAt(body, root)) ?? {};
    const usage = objectOf(message["usage"]);
    const turn = turnOf(readContent(body, content, message["content"]).map(answerBlock), {
      id: stringOf(message["id"]) ?? "",
      stopReason: stringOf(message["stop_reason"]) ?? null,
      usage: usage === undefined ? undefined : usageOf(usage),
      complete: true,
    });
    return { text: body, turn };
  });
}

/** The answer with the decisions about its calls carried out. Nothing decided: the very same string. */
export function editAnswer(answer: Answer, release: Release): string {
  const { text } = answer;
  if (release.changes.length === 0 && release.addOutputTokens === 0) return text;
  const { root, content } = placesIn(text);
  const decisions = new Decisions(release.changes);
  return applyEdits(text, [
    ...contentEdits(text, content, decisions),
    ...endEdits(text, { reasonIn: root, usage: member(text, root, "usage") }, decisions, release),
  ]);
}

/** Longest piece of an upstream's own words that an error quotes, in characters. */
const quoteLengthMax = 500;

/** Where the content of an answer stands. */
export function placesIn(body: string): { readonly root: Span; readonly content: Span } {
  const root = rootSpan(body);
  const content = typeAt(body, root) === "object" ? member(body, root, "content") : undefined;
  if (content === undefined || typeAt(body, content) !== "array") {
    // Some upstreams answer 200 with an error inside, whose words are all that tells the caller why.
    const error = typeAt(body, root) === "object" ? member(body, root, "error") : undefined;
    const said = error === undefined ? undefined : stringOf(objectOf(parseAt(body, error))?.["message"]);
    throw unreadable(
      said === undefined
        ? "The upstream's answer has no list of content blocks."
        : `The upstream answered with an error: ${said.slice(0, quoteLengthMax)}`,
    );
  }
  return { root, content };
}

function answerBlock(block: Block): AnswerBlock {
  return { text: block.type === "text" ? block.texts.join("") : "", use: block.use };
}

export function unreadable(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("upstream_unreadable", sentence, { cause });
}

/** Runs a reader of an answer; what it finds wrong is the upstream's fault. */
function readingAnswer<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof JsonTextError)
      throw unreadable(`The upstream's answer is not JSON. ${error.message}`, error);
    if (error instanceof LongstopError && error.code === "request_malformed")
      throw unreadable(error.message, error);
    throw error;
  }
}
