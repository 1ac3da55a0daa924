import { randomBytes } from "node:crypto";
import {
  argumentsText,
  fragments,
  isObject,
  joined,
  piecesOf,
  roughTokens,
  type Answer,
  type Json,
  type Piece,
  type Said,
  type ScriptedCall,
} from "./answer.ts";

// Chat Completions, whole and streamed: https://platform.openai.com/docs/api-reference/chat

export interface Rendered {
  readonly json: string;
  readonly frames: readonly string[];
}

const finishWords: Readonly<Record<string, string>> = { calls: "tool_calls", refusal: "stop" };

interface Choice {
  readonly index: number;
  readonly text: readonly string[];
  readonly reasoning: readonly string[];
  readonly calls: readonly (ScriptedCall & { readonly id: string })[];
  readonly refuses: boolean;
  readonly finish: string;
}

export function renderChat(request: Json, answer: Answer): Rendered {
  const wanted = typeof request["n"] === "number" ? request["n"] : 1;
  const said: readonly Said[] = answer.choices ?? Array.from({ length: wanted }, () => answer);
  const choices = said.map((one, index) => choiceOf(one, index));
  const envelope = {
    id: `chatcmpl-${randomBytes(12).toString("hex")}`,
    created: Math.floor(Date.now() / 1000),
    model: String(request["model"]),
    service_tier: "default",
    system_fingerprint: null,
    ...(answer.extras === true ? { future_field: { nested: [1.5, null] } } : {}),
  };
  const usage = usageOf(request, answer, choices);
  const options = isObject(request["stream_options"]) ? request["stream_options"] : {};
  return {
    json: JSON.stringify({
      object: "chat.completion",
      ...envelope,
      choices: choices.map((choice) => wholeChoice(choice, answer.extras === true)),
      usage,
    }),
    frames: streamed(envelope, choices, options["include_usage"] === true ? usage : undefined, answer),
  };
}

function choiceOf(said: Said, index: number): Choice {
  const pieces = piecesOf(said);
  const calls = pieces
    .flatMap((piece) => ("call" in piece ? [piece.call] : []))
    .map((call) => ({ ...call, id: call.id ?? `call_${randomBytes(12).toString("hex")}` }));
  const finish = said.finish ?? (calls.length > 0 ? "calls" : "stop");
  return {
    index,
    text: pieces.flatMap((piece) => ("text" in piece ? fragments(piece.text) : [])),
    reasoning: pieces.flatMap(reasoningOf),
    calls,
    refuses: said.finish === "refusal",
    finish: finishWords[finish] ?? finish,
  };
}

function reasoningOf(piece: Piece): readonly string[] {
  return "thinking" in piece ? fragments(piece.thinking) : [];
}

function wholeChoice(choice: Choice, extras: boolean): Json {
  const text = choice.text.length === 0 ? null : joined(choice.text);
  const message: Json = {
    role: "assistant",
    content: choice.refuses ? null : text,
    refusal: choice.refuses ? text : null,
    annotations: [],
  };
  if (choice.reasoning.length > 0) message["reasoning_content"] = joined(choice.reasoning);
  if (choice.calls.length > 0) message["tool_calls"] = choice.calls.map(wholeCall);
  if (extras) message["future_note"] = "unknown to every client";
  return { index: choice.index, message, logprobs: null, finish_reason: choice.finish };
}

function wholeCall(call: Choice["calls"][number]): Json {
  return call.custom === true
    ? { id: call.id, type: "custom", custom: { name: call.name, input: argumentsText(call) } }
    : { id: call.id, type: "function", function: { name: call.name, arguments: argumentsText(call) } };
}

/** Clients see usage in a chunk of its own, and only where they asked for it. */
function streamed(
  envelope: Json,
  choices: readonly Choice[],
  usage: Json | undefined,
  answer: Answer,
): string[] {
  const chunk = (more: Json): string =>
    `data: ${JSON.stringify({ object: "chat.completion.chunk", ...envelope, ...more })}\n\n`;
  const pending = usage === undefined ? {} : { usage: null };
  const frames = choices.flatMap((choice) =>
    deltasOf(choice).map(({ delta, finish }) =>
      chunk({
        choices: [{ index: choice.index, delta, logprobs: null, finish_reason: finish }],
        ...pending,
        obfuscation: "x".repeat(choice.index + 1),
      }),
    ),
  );
  if (answer.extras === true) frames.splice(1, 0, ": a comment of the provider\n\n");
  if (usage !== undefined) frames.push(chunk({ choices: [], usage }));
  return [...frames, "data: [DONE]\n\n"];
}

function deltasOf(choice: Choice): { delta: Json; finish: string | null }[] {
  const deltas: Json[] = [
    {
      role: "assistant",
      content: choice.text.length > 0 && !choice.refuses ? "" : null,
      refusal: choice.refuses ? "" : null,
    },
  ];
  for (const text of choice.reasoning) deltas.push({ reasoning_content: text });
  for (const text of choice.text) deltas.push(choice.refuses ? { refusal: text } : { content: text });
  for (const [index, call] of choice.calls.entries()) deltas.push(...callDeltas(index, call));
  return [...deltas.map((delta) => ({ delta, finish: null })), { delta: {}, finish: choice.finish }];
}

function callDeltas(index: number, call: Choice["calls"][number]): Json[] {
  const type = call.custom === true ? "custom" : "function";
  const field = call.custom === true ? "input" : "arguments";
  return [
    { tool_calls: [{ index, id: call.id, type, [type]: { name: call.name, [field]: "" } }] },
    ...fragments(argumentsText(call)).map((text) => ({ tool_calls: [{ index, [type]: { [field]: text } }] })),
  ];
}

function usageOf(request: Json, answer: Answer, choices: readonly Choice[]): Json {
  const spoken = choices.map(
    (one) => joined(one.text) + joined(one.reasoning) + one.calls.map(argumentsText).join(""),
  );
  const input = answer.usage?.input ?? roughTokens(JSON.stringify(request["messages"]));
  const output = answer.usage?.output ?? roughTokens(spoken.join(""));
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: answer.usage?.cacheRead ?? 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: answer.usage?.reasoning ?? 0, audio_tokens: 0 },
  };
}
