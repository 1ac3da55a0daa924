import type { Finish, Turn, TurnCall, Usage } from "../../exchange/turn.ts";
import { numberOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import { isObjectText } from "../../wire/object-text.ts";
import type { ToolUse } from "./blocks.ts";

/** A content block of an answer, as far as a turn is made of it. */
export interface AnswerBlock {
  /** What the client can see of it: the text of a text block. */
  readonly text: string;
  readonly use: ToolUse | undefined;
}

export interface AnswerEnd {
  readonly id: string;
  /** `stop_reason` as received, null until the answer said why it stopped. */
  readonly stopReason: string | null;
  readonly usage: Usage | undefined;
  readonly complete: boolean;
}

/** The turn in an answer's blocks and its end. */
export function turnOf(blocks: readonly AnswerBlock[], end: AnswerEnd): Turn {
  const finish = finishOf(end.stopReason);
  const calls: TurnCall[] = [];
  const providerCalls: string[] = [];
  for (const [at, { use }] of blocks.entries()) {
    if (use === undefined) continue;
    if (use.by !== "client") {
      providerCalls.push(use.name);
      continue;
    }
    // A block that the limit cut may have come out as valid JSON: SDKs and gateways close it.
    const isLast = at === blocks.length - 1;
    const truncated = finish === "length" && (isLast || !isObjectText(use.inputText));
    const { id, name, inputText: argumentsText } = use;
    calls.push({ id, name, kind: "function", argumentsText, choice: 0, position: calls.length, truncated });
  }
  return {
    id: end.id,
    text: blocks.map(({ text }) => text).join(""),
    calls,
    providerCalls,
    finish,
    usage: end.usage,
    choices: 1,
    complete: end.complete,
  };
}

/** `pause_turn` and `compaction` ask the client to go on, as no reason of ours does. */
function finishOf(stopReason: string | null): Finish | null {
  switch (stopReason) {
    case null:
      return null;
    case "end_turn":
    case "stop_sequence":
      return "stop";
    case "tool_use":
      return "calls";
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "refusal":
      return "refusal";
    default:
      return "other";
  }
}

/** Tokens of an answer. The API counts cached input apart; `inputTokens` is the whole prompt. */
export function usageOf(usage: JsonObject): Usage {
  const fresh = numberOf(usage["input_tokens"]);
  const cacheReadTokens = numberOf(usage["cache_read_input_tokens"]);
  const cacheWriteTokens = numberOf(usage["cache_creation_input_tokens"]);
  return {
    inputTokens: fresh === undefined ? undefined : fresh + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    outputTokens: numberOf(usage["output_tokens"]),
    cacheReadTokens,
    cacheWriteTokens,
  };
}
