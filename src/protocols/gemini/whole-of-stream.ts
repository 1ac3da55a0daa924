import { elements, rootSpan, type Span } from "../../wire/json-text.ts";
import { framesIn } from "../../wire/sse.ts";
import { ifReadable } from "../if-readable.ts";
import { CallTracker } from "./call-tracker.ts";
import { errorIn, readChunk, readingAnswer, type Chunk, type ChunkCandidate } from "./chunk.ts";
import { snakeCase } from "./fields.ts";
import { GrowingContent } from "./growing-content.ts";
import { laterText, memberTexts, objectText, takeLater, type MemberTexts } from "../../wire/member-texts.ts";
import { pieceIn, type StreamPiece } from "./stream-frame.ts";
import { TurnBuilder } from "./turn-building.ts";

/**
 * The whole answer that a stream tells, as `TurnForms.wholeOf`. Without `alt=sse` a stream is a list of
 * the pieces.
 */
export function wholeOf(stream: string): string | null {
  return ifReadable(() => {
    const answer = new GrowingAnswer();
    for (const piece of piecesIn(stream)) {
      if (piece.kind === "error") return null;
      if (piece.kind === "done") break;
      if (piece.kind === "chunk") answer.take(piece.chunk);
    }
    return answer.text();
  });
}

function* piecesIn(stream: string): Generator<StreamPiece> {
  if (!/^\s*\[/.test(stream)) {
    for (const frame of framesIn(stream)) yield frame.isComment ? { kind: "nothing" } : pieceIn(frame);
    return;
  }
  for (const span of elements(stream, rootSpan(stream))) yield pieceAt(stream, span);
}

function pieceAt(list: string, span: Span): StreamPiece {
  const chunk = readingAnswer(() => readChunk(list, span));
  return errorIn(chunk.body) === undefined ? { kind: "chunk", chunk } : { kind: "error" };
}

class GrowingAnswer {
  readonly #builder = new TurnBuilder();
  readonly #calls = new CallTracker();
  readonly #members: MemberTexts = new Map();
  readonly #candidates = new Map<number, GrowingCandidate>();

  take(chunk: Chunk): void {
    this.#builder.take(chunk);
    const { text, root } = chunk;
    const own = memberTexts(text, root);
    // The id that the answer began with is its id.
    const id = this.#members.get("responseId") ?? '""';
    takeLater(this.#members, own);
    if (id !== '""') this.#members.set("responseId", id);
    for (const candidate of chunk.candidates) {
      const growing = this.#candidates.get(candidate.index) ?? new GrowingCandidate(this.#calls);
      this.#candidates.set(candidate.index, growing);
      growing.take(text, candidate);
    }
  }

  /** Null where a candidate never said why it stopped, or said what a whole answer cannot. */
  text(): string | null {
    if (!this.#builder.finished) return null;
    const inOrder = [...this.#candidates].sort(([one], [other]) => one - other);
    const texts: string[] = [];
    for (const [, candidate] of inOrder) {
      const text = candidate.text();
      if (text === null) return null;
      texts.push(text);
    }
    if (texts.length > 0) this.#members.set("candidates", `[${texts.join(",")}]`);
    return objectText(this.#members);
  }
}

// What is told of each chunk by itself.
const probabilities: ReadonlySet<string> = new Set(["logprobsResult", snakeCase("logprobsResult")]);
const averages: ReadonlySet<string> = new Set(["avgLogprobs", snakeCase("avgLogprobs")]);

class GrowingCandidate {
  readonly #content: GrowingContent;
  readonly #members: MemberTexts = new Map();
  readonly #contentMembers: MemberTexts = new Map();
  #hasPlace = true;
  #averages = 0;

  constructor(calls: CallTracker) {
    this.#content = new GrowingContent(calls);
  }

  take(text: string, { index, span, content, parts }: ChunkCandidate): void {
    for (const [name, json] of memberTexts(text, span)) {
      const before = this.#members.get(name);
      if (probabilities.has(name) && before !== undefined) this.#hasPlace = false;
      if (averages.has(name)) this.#averages++;
      // Here is where it will stand.
      const isContent = name === "content" && content !== undefined;
      this.#members.set(name, isContent ? "{}" : laterText(before, json));
    }
    if (content !== undefined) takeLater(this.#contentMembers, memberTexts(text, content));
    this.#content.take(index, parts);
  }

  text(): string | null {
    const parts = this.#content.parts();
    if (!this.#hasPlace || parts === null) return null;
    // The average of averages would be another number.
    if (this.#averages > 1) for (const name of averages) this.#members.delete(name);
    if (parts.length > 0) this.#contentMembers.set("parts", `[${parts.join(",")}]`);
    if (this.#contentMembers.size > 0) this.#members.set("content", objectText(this.#contentMembers));
    return objectText(this.#members);
  }
}
