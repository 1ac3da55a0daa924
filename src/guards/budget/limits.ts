import { matchesPattern, plainName, windowOf } from "./windows.ts";

export interface LimitOptions {
  readonly tokensMax: number;
  readonly answerTokens: number;
  readonly marginPercent: number;
  readonly windows: Readonly<Record<string, number>>;
}

/** How large a prompt may be, in tokens as the model counts them. */
export interface Limits {
  /** The high water mark: above it the oldest is dropped. */
  readonly budgetTokens: number;
  /** Above it the provider refuses. Never below `budgetTokens`. */
  readonly promptTokensMax: number;
  readonly answerTokens: number;
}

/** Of a window at most this share is kept free for an answer whose length the request leaves open. */
const openAnswerShare = 1 / 4;
/** And this one, whatever the request says: an answer as long as the window leaves no prompt at all. */
const answerShareMax = 3 / 4;

/** Undefined where neither the table nor the configuration knows the model: it has no budget. */
export function limitsOf(
  model: string,
  answerTokensMax: number | undefined,
  options: LimitOptions,
): Limits | undefined {
  const row = windowOf(model);
  const configured = configuredWindow(model, options.windows);
  const windowTokens = configured ?? row?.windowTokens;
  if (windowTokens === undefined) {
    if (options.tokensMax === 0) return undefined;
    return { budgetTokens: options.tokensMax, promptTokensMax: options.tokensMax, answerTokens: 0 };
  }
  const longest = row?.answerTokensMax ?? windowTokens;
  const open = options.answerTokens || Math.min(longest, windowTokens * openAnswerShare);
  const answerTokens = Math.floor(Math.min(answerTokensMax ?? open, longest, windowTokens * answerShareMax));
  const own = configured === undefined ? row?.promptTokensMax : undefined;
  const promptTokensMax = Math.min(windowTokens - answerTokens, own ?? windowTokens);
  const budget = Math.floor((promptTokensMax * (100 - options.marginPercent)) / 100);
  return {
    budgetTokens: options.tokensMax === 0 ? budget : Math.min(budget, options.tokensMax),
    promptTokensMax,
    answerTokens,
  };
}

function configuredWindow(model: string, windows: Readonly<Record<string, number>>): number | undefined {
  const rows = Object.entries(windows);
  if (rows.length === 0) return undefined;
  const names = [model.toLowerCase(), plainName(model)];
  const row = rows.find(([pattern]) => names.some((name) => matchesPattern(pattern, name)));
  return row?.[1];
}
