import type { Prompt } from "../../exchange/prompt.ts";
import type { CallOutcome } from "../../exchange/turn.ts";
import { applyEdits } from "../../wire/json-edit.ts";
import type { AnswerRecord } from "../protocol.ts";
import { built } from "./answer.ts";
import { layoutOf } from "./read-prompt.ts";
import { changeRepeated } from "./repeated.ts";
import { GeminiStreamReader } from "./stream-reader.ts";
import { brokenCallId } from "./turn-building.ts";

/**
 * The turn as the API wants it back: one content, thoughts and signatures included. None for an answer
 * without any part, as the API refuses such a content.
 */
export function assistantMessages(record: AnswerRecord): readonly string[] {
  const parts = partsOf(record);
  return parts.length === 0 ? [] : [`{"role":"model","parts":[${parts.join(",")}]}`];
}

function partsOf(record: AnswerRecord): readonly string[] {
  if (record.kind === "whole") return built(record.answer.text).parts();
  if (!(record.reader instanceof GeminiStreamReader))
    throw new TypeError("The reader is of another protocol.");
  return record.reader.parts();
}

/**
 * All results of one turn stand in one content, as many as there were calls: the API counts them. What
 * is to be said of a call that the API could not read is text, because there is no call to answer.
 */
export function resultMessages(outcomes: readonly CallOutcome[]): readonly string[] {
  if (outcomes.length === 0) return [];
  const parts = outcomes.map(({ call: { id, name }, text, isError }) =>
    id === brokenCallId
      ? { text }
      : {
          functionResponse: {
            ...(id === "" ? {} : { id }),
            name,
            response: isError ? { error: text } : { output: text },
          },
        },
  );
  return [JSON.stringify({ role: "user", parts })];
}

/** The body that asks again, with the turn and its results at the end of `contents`. */
export function continuePrompt(
  prompt: Prompt,
  record: AnswerRecord,
  outcomes: readonly CallOutcome[],
): string {
  const { contents } = layoutOf(prompt);
  const added = [...assistantMessages(record), ...resultMessages(outcomes)];
  const inserted = new Map([[contents.items.length, added]]);
  return applyEdits(prompt.text, changeRepeated(contents, { removed: new Set(), inserted }));
}
