import type { Prompt } from "../../exchange/prompt.ts";
import { exactObjectOf, exactObjectsOf, exactValue } from "../../wire/exact-json.ts";
import { parseAt } from "../../wire/json-text.ts";
import { arrayOf, objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { ifReadable } from "../if-readable.ts";
import { answerIn } from "../openai-answer.ts";
import { choiceIndex } from "./answer.ts";
import { isContent } from "./joined-content.ts";
import { layoutOf } from "./read-prompt.ts";
import { isOfTexts } from "./whole-of-stream.ts";

/**
 * The stream that a whole answer would have been, as `TurnForms.streamOf`. What the model said comes in
 * the order of a real stream, each thing in one piece: the role, reasoning and fields of the vendor's own,
 * text, refusal, call by call, and why the answer ended.
 */
export function streamOf(answer: string, prompt: Prompt): string | null {
  return ifReadable(() => {
    const body = exactObjectOf(exactValue(answer, answerIn(answer, "choices"))) ?? {};
    const choices = exactObjectsOf(body["choices"]).map(spoken);
    const isWhole = choices.length > 0 && choices.length === arrayOf(body["choices"]).length;
    if (!isWhole || body["error"] || choices.includes(null)) return null;
    return eventsOf(
      body,
      choices.flatMap((choice) => choice ?? []),
      asksUsage(prompt),
    );
  });
}

/** One choice as the elements of `choices` that chunks would have for it. */
interface Spoken {
  readonly index: number;
  readonly pieces: readonly JsonObject[];
}

const envelope: readonly string[] = [
  "id",
  "object",
  "created",
  "model",
  "service_tier",
  "system_fingerprint",
];

function eventsOf(body: JsonObject, choices: readonly Spoken[], withUsage: boolean): string | null {
  // Clients tell choices apart by their numbers.
  if (new Set(choices.map(({ index }) => index)).size < choices.length) return null;
  const usage = body["usage"];
  const shared = Object.fromEntries(
    envelope.flatMap((name) => {
      const value = name === "object" ? "chat.completion.chunk" : body[name];
      return name in body ? [[name, value]] : [];
    }),
  );
  const known = new Set([...envelope, "choices", "usage"]);
  const others = Object.fromEntries(Object.entries(body).filter(([name]) => !known.has(name)));
  // With usage asked for, every chunk before the last says that it has none.
  const without = withUsage && usage !== undefined ? { usage: null } : {};
  const pieces = choices.flatMap((choice) => choice.pieces);
  const chunks: JsonObject[] = pieces.map((piece, place) => ({
    ...shared,
    // What the vendor adds about the whole answer stands where the answer ends.
    ...(place === pieces.length - 1 && others),
    choices: [piece],
    ...without,
  }));
  if (withUsage && objectOf(usage) !== undefined) chunks.push({ ...shared, choices: [], usage });
  const events = [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"];
  return events.map((data) => `data: ${data}\n\n`).join("");
}

/** Null where something in the choice has no place in a stream, or the choice never ended. */
function spoken(choice: JsonObject, place: number): Spoken | null {
  const { index: _index, message: _message, logprobs, finish_reason: reason, ...others } = choice;
  const message = exactObjectOf(choice["message"]);
  if (message === undefined || stringOf(reason) === undefined || "delta" in choice) return null;
  const deltas = deltasOf(message);
  if (deltas === null) return null;
  const index = choiceIndex(choice, place);
  const told = logprobs === undefined ? {} : { logprobs: null };
  const pieces: JsonObject[] = deltas.map((delta) => ({ index, delta, ...told, finish_reason: null }));
  // Clients match the probabilities with the text beside them.
  const text = Math.max(deltas.findIndex(saysText), 0);
  pieces[text] = { ...pieces[text], ...(logprobs !== undefined && { logprobs }) };
  return { index, pieces: [...pieces, { index, delta: {}, ...told, finish_reason: reason, ...others }] };
}

function saysText({ content, refusal }: JsonObject, place: number): boolean {
  return place > 0 && (content ?? refusal) !== undefined;
}

/** The deltas of a message, the one with the role first. Null where one of them could not say it. */
function deltasOf(message: JsonObject): readonly JsonObject[] | null {
  const { role, content, refusal, tool_calls: list, function_call: called, ...others } = message;
  const calls = exactObjectsOf(list);
  const hasPlace =
    isContent(content ?? "") &&
    typeof (refusal ?? "") === "string" &&
    calls.length === arrayOf(list).length &&
    [...calls, { function: called }].every(isOfTexts) &&
    (message["audio"] ?? null) === null;
  if (!hasPlace) return null;
  const own = Object.entries(others);
  const opening = {
    role: role ?? "assistant",
    ...opened("content", content),
    ...opened("refusal", refusal),
    ...(list !== undefined && calls.length === 0 && { tool_calls: list }),
    ...(called === null && { function_call: null }),
    ...Object.fromEntries(own.filter(([, value]) => isSilent(value))),
  };
  return [
    opening,
    Object.fromEntries(own.filter(([, value]) => !isSilent(value))),
    { content },
    { refusal },
    ...calls.map((call, index) => ({ tool_calls: [{ ...call, index }] })),
    // The deprecated form; where both are used, it is read as the last call.
    { function_call: called },
  ].filter((delta, place) => place === 0 || Object.values(delta).some((value) => !isSilent(value)));
}

/**
 * How a text member stands in the first delta: empty, with all that it says to come. A list of parts is
 * begun by no text.
 */
function opened(name: string, value: unknown): JsonObject {
  if (value === undefined || (Array.isArray(value) && value.length > 0)) return {};
  return { [name]: typeof value === "string" ? "" : value };
}

function isSilent(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  return Array.isArray(value) && value.length === 0;
}

/** True where the client asked a stream to tell the usage; else it is told none. */
function asksUsage(prompt: Prompt): boolean {
  const layout = layoutOf(prompt);
  const options = layout.span("stream_options");
  const value = options === undefined ? undefined : objectOf(parseAt(layout.rest, options));
  return value?.["include_usage"] === true;
}
