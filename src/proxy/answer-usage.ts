import type { Prompt } from "../exchange/prompt.ts";
import type { Turn, Usage } from "../exchange/turn.ts";
import { countTokensInTurns } from "../text/tokens.ts";

/**
 * The tokens of an answer: those that the upstream said, or an estimate where it did not. A Chat
 * stream without `stream_options.include_usage` says none; of a stream that was cut, what was said
 * is what had been counted at its beginning.
 */
export function answerUsage(said: Turn, prompt: () => Prompt): Usage | Promise<Usage> {
  const turn = { ...said, usage: credible(said.usage) };
  const { usage, complete } = turn;
  if (complete && usage?.inputTokens !== undefined && usage.outputTokens !== undefined) return usage;
  return estimated(turn, prompt);
}

/** What is no count was not said: less than nothing would give a run back what it has used. */
function credible(usage: Usage | undefined): Usage | undefined {
  if (usage === undefined || Object.values(usage).every(isCount)) return usage;
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  return {
    inputTokens: countOf(inputTokens),
    outputTokens: countOf(outputTokens),
    cacheReadTokens: countOf(cacheReadTokens),
    cacheWriteTokens: countOf(cacheWriteTokens),
  };
}

function countOf(count: number | undefined): number | undefined {
  return isCount(count) ? count : undefined;
}

function isCount(count: number | undefined): boolean {
  return count === undefined || (count >= 0 && count <= Number.MAX_SAFE_INTEGER);
}

/**
 * Counted from the text, in o200k. Pictures, and reasoning that is not shown, are not in it: it is too
 * low rather than too high.
 */
async function estimated({ usage, text, calls }: Turn, prompt: () => Prompt): Promise<Usage> {
  const said = [text, ...calls.flatMap(({ name, argumentsText }) => [name, argumentsText])];
  const inputTokens = usage?.inputTokens ?? (await sum(prompt().parts.flatMap(({ texts }) => texts)));
  return {
    inputTokens,
    outputTokens: Math.max(usage?.outputTokens ?? 0, await sum(said)),
    cacheReadTokens: usage?.cacheReadTokens,
    cacheWriteTokens: usage?.cacheWriteTokens,
  };
}

async function sum(texts: readonly string[]): Promise<number> {
  const counts = await countTokensInTurns(texts);
  return counts.reduce((all, count) => all + count, 0);
}
