import type { Finish, Usage } from "../../exchange/turn.ts";
import { numberOf, objectOf, type JsonObject } from "../../wire/json-value.ts";
import { fieldOf } from "./fields.ts";

// https://ai.google.dev/api/generate-content#FinishReason

const refusals: ReadonlySet<string> = new Set([
  "SAFETY",
  "RECITATION",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MODEL_ARMOR",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
]);

/** Why the model stopped, in our words. The API has no reason of its own for calls. */
export function finishOf(reason: string, hasCalls: boolean): Finish {
  if (reason === "STOP") return hasCalls ? "calls" : "stop";
  if (reason === "MAX_TOKENS") return "length";
  return refusals.has(reason) ? "refusal" : "other";
}

/**
 * True for the reasons with which the API gives an answer without a call because it could not read the
 * call that the model wrote, or because no tool was offered for it.
 */
export function meansBrokenCall(reason: string | undefined): boolean {
  return reason === "MALFORMED_FUNCTION_CALL" || reason === "UNEXPECTED_TOOL_CALL";
}

/** Tokens of an answer. Thoughts are counted apart there, and are output all the same. */
export function usageOf(body: JsonObject): Usage | undefined {
  const usage = objectOf(fieldOf(body, "usageMetadata"));
  if (usage === undefined) return undefined;
  const count = (name: string): number | undefined => numberOf(fieldOf(usage, name));
  const said = count("candidatesTokenCount");
  const thought = count("thoughtsTokenCount");
  return {
    inputTokens: count("promptTokenCount"),
    outputTokens: said === undefined && thought === undefined ? undefined : (said ?? 0) + (thought ?? 0),
    cacheReadTokens: count("cachedContentTokenCount"),
    cacheWriteTokens: undefined,
  };
}
