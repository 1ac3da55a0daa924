import type { CallChange, TurnCall } from "../../exchange/turn.ts";
import { applyEdits, changeList, removeMembers, setMember, type TextEdit } from "../../wire/json-edit.ts";
import { elements, member, parseAt, rootSpan, stringAt, typeAt, type Span } from "../../wire/json-text.ts";
import { numberOf, objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { answerIn } from "../openai-answer.ts";
import type { Answer, Release } from "../protocol.ts";
import { callsOf, functionCallId } from "./message-shape.ts";
import { readContent } from "./content.ts";
import { finishOf, meansCalls, usageOf } from "./turn-reading.ts";
import { addOutputTokens } from "./usage-edit.ts";

/** Reads a whole answer: https://platform.openai.com/docs/api-reference/chat/object */
export function readAnswer(text: string): Answer {
  const body = answerIn(text, "choices");
  const choices = objectsOf(body["choices"]);
  const calls: TurnCall[] = [];
  for (const [index, choice] of choices.entries()) addCalls(calls, choice, index);
  const first = choices.find((choice, index) => choiceIndex(choice, index) === 0);
  const message = objectOf(first?.["message"]) ?? {};
  const refusal = stringOf(message["refusal"]) ?? "";
  const reason = stringOf(first?.["finish_reason"]);
  const hasCalls = calls.some((call) => call.choice === 0);
  return {
    text,
    turn: {
      id: stringOf(body["id"]) ?? "",
      text: readContent(message["content"]).texts.join("") + refusal,
      calls,
      providerCalls: [],
      finish: reason === undefined ? null : finishOf(reason, hasCalls, refusal !== ""),
      usage: usageOf(body["usage"]),
      choices: choices.length,
      complete: true,
    },
  };
}

export function choiceIndex(choice: JsonObject, place: number): number {
  return numberOf(choice["index"]) ?? place;
}

function addCalls(to: TurnCall[], choice: JsonObject, place: number): void {
  const calls = callsOf(objectOf(choice["message"]) ?? {});
  const number = choiceIndex(choice, place);
  const cut = choice["finish_reason"] === "length";
  for (const [position, { id, name, kind, argumentsText }] of calls.entries()) {
    const truncated = cut && position === calls.length - 1;
    to.push({ id, name, kind, argumentsText, choice: number, position, truncated });
  }
}

/** The answer with calls rewritten or taken away; text outside of that stays as it came. */
export function editAnswer(answer: Answer, { changes, addOutputTokens: added }: Release): string {
  const { text } = answer;
  if (changes.length === 0 && added === 0) return text;
  const root = rootSpan(text);
  const edits: TextEdit[] = [];
  if (changes.length > 0) {
    const choices = member(text, root, "choices");
    for (const [place, span] of (choices === undefined ? [] : elements(text, choices)).entries()) {
      if (typeAt(text, span) !== "object") continue;
      const index = member(text, span, "index");
      const number = (index === undefined ? undefined : numberOf(parseAt(text, index))) ?? place;
      const own = changes.filter(({ call }) => call.choice === number);
      if (own.length > 0) edits.push(...editChoice(text, span, own));
    }
  }
  edits.push(...addOutputTokens(text, root, added));
  return applyEdits(text, edits);
}

function editChoice(text: string, choice: Span, changes: readonly CallChange[]): TextEdit[] {
  const message = member(text, choice, "message");
  if (message === undefined) return [];
  const { edits, left } = editCalls(text, message, changes);
  const reason = member(text, choice, "finish_reason");
  if (left === 0 && reason !== undefined && meansCalls(stringAt(text, reason))) {
    edits.push({ ...reason, text: '"stop"' });
  }
  return edits;
}

/**
 * Edits on the calls of an assistant message. `left` is how many calls are left.
 */
export function editCalls(
  text: string,
  message: Span,
  changes: readonly CallChange[],
): { edits: TextEdit[]; left: number } {
  const list = member(text, message, "tool_calls");
  const all = list !== undefined && typeAt(text, list) === "array" ? elements(text, list) : [];
  // Positions count the objects only, as reading does.
  const spans = all.filter((span) => typeAt(text, span) === "object");
  const legacy = member(text, message, "function_call");
  const hasLegacy = legacy !== undefined && typeAt(text, legacy) === "object";
  const edits: TextEdit[] = [];
  const gone = new Set<number>();
  const keys = new Set<string>();
  for (const change of changes) {
    const span = spans[change.call.position] ?? (hasLegacy ? legacy : undefined);
    if (span === undefined) continue;
    if (change.kind === "rewrite") edits.push(rewriteCall(text, span, change));
    else if (change.call.id === functionCallId && span === legacy) keys.add("function_call");
    else gone.add(all.indexOf(span));
  }
  const left = spans.length - gone.size + (hasLegacy && keys.size === 0 ? 1 : 0);
  // An empty list of calls is an error where the client sends it back.
  if (gone.size > 0 && gone.size === spans.length) keys.add("tool_calls");
  else if (list !== undefined) edits.push(...changeList(list, all, { removed: gone, inserted: new Map() }));
  return { edits: [...edits, ...removeMembers(text, message, keys)], left };
}

function rewriteCall(text: string, call: Span, change: CallChange & { kind: "rewrite" }): TextEdit {
  const custom = change.call.kind === "custom";
  const holder = member(text, call, custom ? "custom" : "function") ?? call;
  return setMember(text, holder, custom ? "input" : "arguments", JSON.stringify(change.argumentsText));
}
