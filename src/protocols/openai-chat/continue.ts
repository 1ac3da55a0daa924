import type { Prompt } from "../../exchange/prompt.ts";
import type { CallOutcome, TurnCall } from "../../exchange/turn.ts";
import { applyEdits, changeList } from "../../wire/json-edit.ts";
import { elements, member, parseAt, rootSpan, type Span } from "../../wire/json-text.ts";
import { numberOf, objectOf } from "../../wire/json-value.ts";
import { unreadable } from "../openai-answer.ts";
import { acceptableArguments } from "../openai-arguments.ts";
import type { Answer, AnswerRecord } from "../protocol.ts";
import { editCalls } from "./answer.ts";
import { functionCallId } from "./message-shape.ts";
import { layoutOf } from "./read-prompt.ts";
import { malformed } from "../request-faults.ts";
import { ChatStreamReader } from "./stream-reader.ts";

/** The body that asks again: with the turn, and what became of each of its calls, at the end. */
export function continuePrompt(
  prompt: Prompt,
  answer: AnswerRecord,
  outcomes: readonly CallOutcome[],
): string {
  const layout = layoutOf(prompt);
  const span = layout.span("messages");
  if (span === undefined || layout.cut.list === undefined)
    throw malformed('The request has no array "messages".');
  const places = layout.cut.places.map((place) => ({ start: place, end: place + 1 }));
  const inserted = new Map([[places.length, [...assistantMessages(answer), ...resultMessages(outcomes)]]]);
  const edits = changeList(span, places, { removed: new Set(), inserted });
  return layout.cut.edited(edits, new Map()).toString("utf8");
}

/** The model's turn as a message of the next request. */
export function assistantMessages(answer: AnswerRecord): readonly string[] {
  if (answer.kind === "whole") return [messageOfAnswer(answer.answer)];
  if (!(answer.reader instanceof ChatStreamReader)) throw new TypeError("The reader is of another protocol.");
  return [JSON.stringify(answer.reader.message(acceptableArguments))];
}

function messageOfAnswer({ text, turn }: Answer): string {
  const message = firstMessage(text);
  if (message === undefined) throw unreadable("The model's answer has no message.");
  const raw = text.slice(message.start, message.end);
  const changes = turn.calls
    .filter((call) => call.choice === 0 && acceptableArguments(call) !== call.argumentsText)
    .map((call: TurnCall) => ({ kind: "rewrite", call, argumentsText: acceptableArguments(call) }) as const);
  return applyEdits(raw, editCalls(raw, rootSpan(raw), changes).edits);
}

function firstMessage(text: string): Span | undefined {
  const choices = member(text, rootSpan(text), "choices");
  if (choices === undefined) return undefined;
  const first = elements(text, choices).find((span, place) => {
    const index = objectOf(parseAt(text, span)) === undefined ? undefined : member(text, span, "index");
    return (index === undefined ? place : (numberOf(parseAt(text, index)) ?? place)) === 0;
  });
  return first === undefined ? undefined : member(text, first, "message");
}

/** One message per call with what became of it. The wire has no mark for errors: the text says it. */
export function resultMessages(outcomes: readonly CallOutcome[]): string[] {
  return outcomes.map(({ call, text }) =>
    JSON.stringify(
      call.id === functionCallId
        ? { role: "function", name: call.name, content: text }
        : { role: "tool", tool_call_id: call.id, content: text },
    ),
  );
}
