import { applyEdits, changeList, type TextEdit } from "../../wire/json-edit.ts";
import { elements, rootSpan, typeAt, type Span } from "../../wire/json-text.ts";
import { checkJson } from "../../wire/json-check.ts";
import type { Answer, Release } from "../protocol.ts";
import { errorIn, readChunk, readingAnswer, unreadable, type Chunk } from "./chunk.ts";
import { fieldOf } from "./fields.ts";
import { addOutputTokens, ReleasePlan } from "./release-plan.ts";
import { TurnBuilder } from "./turn-building.ts";

/**
 * Reads a whole answer: one response, or (of `streamGenerateContent` without `alt=sse`) the list of
 * the pieces of one.
 */
export function readAnswer(text: string): Answer {
  const builder = built(text);
  return { text, turn: builder.turn(true) };
}

/** The answer put together, with what the API wants back of it. */
export function built(text: string): TurnBuilder {
  return readingAnswer(() => {
    checkJson(text);
    const builder = new TurnBuilder();
    for (const root of rootsIn(text)) builder.take(chunkAt(text, root));
    // A list may be whole JSON and yet end in the middle: the upstream closes it when it gives up.
    if (typeAt(text, rootSpan(text)) === "array" && !builder.finished) {
      throw unreadable("The upstream ended its list before the answer was whole.");
    }
    return builder;
  });
}

/** Where the responses stand: at the root, or in the list there. */
export function rootsIn(text: string): readonly Span[] {
  const root = rootSpan(text);
  return typeAt(text, root) === "array" ? elements(text, root) : [root];
}

function chunkAt(text: string, root: Span): Chunk {
  if (typeAt(text, root) !== "object") throw unreadable("The model's answer is not a JSON object.");
  const chunk = readChunk(text, root);
  const error = errorIn(chunk.body);
  if (error !== undefined) throw unreadable(error);
  const isAnswer = ["candidates", "promptFeedback", "usageMetadata"].some(
    (name) => fieldOf(chunk.body, name) !== undefined,
  );
  if (!isAnswer) throw unreadable("The model's answer has no candidates.");
  return chunk;
}

/** The answer with calls rewritten or taken away; text outside of that stays as it came. */
export function editAnswer({ text }: Answer, release: Release): string {
  if (release.changes.length === 0 && release.addOutputTokens === 0) return text;
  const plan = new ReleasePlan(release.changes);
  const roots = rootsIn(text);
  const edits: TextEdit[] = [];
  const removed = new Set<number>();
  const root = rootSpan(text);
  const isList = typeAt(text, root) === "array";
  for (const [index, span] of roots.entries()) {
    const { edits: ofCalls, says } = plan.edit(readChunk(text, span));
    if (isList && !says && ofCalls.length > 0) {
      removed.add(index);
      continue;
    }
    edits.push(...ofCalls, ...addOutputTokens(text, span, release.addOutputTokens));
  }
  if (isList) edits.push(...changeList(root, roots, { removed, inserted: new Map() }));
  return applyEdits(text, edits);
}
