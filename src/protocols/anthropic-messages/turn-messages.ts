import type { Prompt } from "../../exchange/prompt.ts";
import type { CallOutcome } from "../../exchange/turn.ts";
import { applyEdits, changeList, setMember } from "../../wire/json-edit.ts";
import { elements, member, parseAt, rootSpan } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { isObjectText } from "../../wire/object-text.ts";
import type { AnswerRecord } from "../protocol.ts";
import { placesIn } from "./answer.ts";
import { layoutOf } from "./layout.ts";
import { MessageStreamReader } from "./stream-reader.ts";

/**
 * The turn as the provider wants it back: every block as it was written, thinking and signatures
 * included. Two things the API refuses are mended: input that is no object becomes `{}`, and text
 * blocks without text leave ("text content blocks must be non-empty").
 */
export function assistantMessages(record: AnswerRecord): readonly string[] {
  const blocks = blocksOf(record).flatMap(mended);
  return [`{"role":"assistant","content":[${blocks.join(",")}]}`];
}

/** All results of one turn stand in one user message, as the API demands. */
export function resultMessages(outcomes: readonly CallOutcome[]): readonly string[] {
  if (outcomes.length === 0) return [];
  const content = outcomes.map(({ call, text, isError }) => ({
    type: "tool_result",
    tool_use_id: call.id,
    content: text,
    ...(isError ? { is_error: true } : {}),
  }));
  return [JSON.stringify({ role: "user", content })];
}

/** The body that asks again, with the turn and its results at the end of `messages`. */
export function continuePrompt(
  prompt: Prompt,
  record: AnswerRecord,
  outcomes: readonly CallOutcome[],
): string {
  const { span, elements: messages } = layoutOf(prompt).messages;
  const added = [...assistantMessages(record), ...resultMessages(outcomes)];
  const inserted = new Map([[messages.length, added]]);
  return applyEdits(prompt.text, changeList(span, messages, { removed: new Set(), inserted }));
}

function blocksOf(record: AnswerRecord): string[] {
  if (record.kind === "whole") {
    const { text } = record.answer;
    return elements(text, placesIn(text).content).map(({ start, end }) => text.slice(start, end));
  }
  if (!(record.reader instanceof MessageStreamReader))
    throw new TypeError("The reader is of another protocol.");
  return record.reader.blocks().map((block) => block.json());
}

function mended(block: string): string[] {
  const root = rootSpan(block);
  const type = member(block, root, "type");
  const kind = type === undefined ? undefined : parseAt(block, type);
  const input = member(block, root, "input");
  if (typeof kind === "string" && kind.endsWith("tool_use") && input !== undefined) {
    if (isObjectText(block.slice(input.start, input.end))) return [block];
    return [applyEdits(block, [setMember(block, root, "input", "{}")])];
  }
  return kind === "text" && objectOf(parseAt(block, root))?.["text"] === "" ? [] : [block];
}
