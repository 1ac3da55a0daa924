import type { Prompt } from "../../exchange/prompt.ts";
import type { CallOutcome } from "../../exchange/turn.ts";
import { applyEdits, removeMembers, setMembers } from "../../wire/json-edit.ts";
import { rootSpan } from "../../wire/json-text.ts";
import { objectOf, type JsonObject } from "../../wire/json-value.ts";
import { acceptableArguments } from "../openai-arguments.ts";
import type { AnswerRecord } from "../protocol.ts";
import { outputOf, rewriteItem } from "./output-edit.ts";
import { callIn } from "./item-call.ts";
import { InputChange } from "./input-change.ts";
import { itemsOf, layoutOf } from "./read-prompt.ts";
import { ResponseStreamReader } from "./stream-reader.ts";

/**
 * The body that asks again: with the items of the turn, and what became of each of its calls, at the
 * end. A conversation that the provider keeps has the turn already, and what was asked before it.
 */
export function continuePrompt(
  prompt: Prompt,
  answer: AnswerRecord,
  outcomes: readonly CallOutcome[],
): string {
  const layout = layoutOf(prompt);
  const results = resultMessages(outcomes);
  if (prompt.kept.some(({ kind }) => kind === "conversation")) {
    const only = setMembers(prompt.text, layout.root, [["input", `[${results.join(",")}]`]]);
    return applyEdits(prompt.text, only);
  }
  const input = new InputChange(prompt, layout, itemsOf(layout));
  input.append([...assistantMessages(answer), ...results]);
  const { edits, added } = input.textEdits();
  const members = added === undefined ? [] : setMembers(prompt.text, layout.root, [["input", added]]);
  return applyEdits(prompt.text, [...edits, ...members]);
}

interface OutputItem {
  readonly raw: string;
  readonly fields: JsonObject;
}

/** The items of the model's turn, as the provider wants them back. */
export function assistantMessages(answer: AnswerRecord): readonly string[] {
  const { items, isStored } =
    answer.kind === "whole" ? wholeOutput(answer.answer.text) : streamedOutput(answer.reader);
  const sendable = isStored ? items : items.filter(({ fields }) => !isForgotten(fields));
  // Without its reasoning the provider refuses an item under the id that it had in that turn.
  const forgets = sendable.length < items.length;
  return sendable.map(({ raw, fields }) => {
    const root = rootSpan(raw);
    const edits = forgets && isSpoken(fields) ? removeMembers(raw, root, new Set(["id"])) : [];
    const call = callIn(fields);
    if (call === undefined || call.by === "provider") return applyEdits(raw, edits);
    const text = acceptableArguments(call);
    return applyEdits(raw, text === call.argumentsText ? edits : [...edits, rewriteItem(raw, root, text)]);
  });
}

function wholeOutput(text: string): { items: OutputItem[]; isStored: boolean } {
  const response = objectOf(JSON.parse(text)) ?? {};
  const spans = outputOf(text, rootSpan(text))?.items ?? [];
  const items = spans.map(({ start, end }) => {
    const raw = text.slice(start, end);
    return { raw, fields: objectOf(JSON.parse(raw)) ?? {} };
  });
  return { items, isStored: response["store"] !== false };
}

function streamedOutput(reader: unknown): { items: OutputItem[]; isStored: boolean } {
  if (!(reader instanceof ResponseStreamReader)) throw new TypeError("The reader is of another protocol.");
  const items = reader.items.map((item) => {
    const { assembled } = item;
    return { raw: assembled === item.fields ? item.raw : JSON.stringify(assembled), fields: assembled };
  });
  return { items, isStored: reader.isStored };
}

/** Reasoning that nobody has any more: the provider kept nothing, and gave it in no form to send back. */
function isForgotten({ type, encrypted_content: encrypted }: JsonObject): boolean {
  return type === "reasoning" && typeof encrypted !== "string";
}

function isSpoken({ type }: JsonObject): boolean {
  return type === "message" || type === "function_call" || type === "custom_tool_call";
}

/** One item per call with what became of it. The wire has no mark for errors: the text says it. */
export function resultMessages(outcomes: readonly CallOutcome[]): string[] {
  return outcomes.map(({ call, text }) =>
    JSON.stringify({
      type: call.kind === "custom" ? "custom_tool_call_output" : "function_call_output",
      call_id: call.id,
      output: text,
    }),
  );
}
