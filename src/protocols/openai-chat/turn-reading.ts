import type { Finish, Usage } from "../../exchange/turn.ts";
import { numberOf, objectOf } from "../../wire/json-value.ts";

/** Why the model stopped, in our words. */
export function finishOf(reason: string, hasCalls: boolean, refused: boolean): Finish {
  switch (reason) {
    case "stop":
      // With a forced tool choice the provider says `stop` although it calls.
      if (hasCalls) return "calls";
      return refused ? "refusal" : "stop";
    case "tool_calls":
    case "function_call":
      return "calls";
    case "length":
      return "length";
    case "content_filter":
      return "refusal";
    default:
      return "other";
  }
}

/** The reasons that only make sense while there is a call. */
export function meansCalls(reason: unknown): boolean {
  return reason === "tool_calls" || reason === "function_call";
}

export function usageOf(value: unknown): Usage | undefined {
  const usage = objectOf(value);
  if (usage === undefined) return undefined;
  const details = objectOf(usage["prompt_tokens_details"]);
  return {
    inputTokens: numberOf(usage["prompt_tokens"]),
    outputTokens: numberOf(usage["completion_tokens"]),
    // The second name is DeepSeek's.
    cacheReadTokens: numberOf(details?.["cached_tokens"]) ?? numberOf(usage["prompt_cache_hit_tokens"]),
    cacheWriteTokens: numberOf(details?.["cache_write_tokens"]),
  };
}
