import type { ModelUsage } from "../../exchange/run-usage.ts";
import { matchesName } from "../../text/name-pattern.ts";

/** What a million tokens cost, in the currency of the limit. Cached tokens cost as others, unless said. */
export interface Price {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** Prices by model name or pattern; the first that holds a name counts. */
export type Prices = Readonly<Record<string, Price>>;

export function priceOf(model: string, prices: Prices): Price | undefined {
  const name = model.toLowerCase();
  // Platforms put their own words before a name: `openai/gpt-4o`.
  const names = [name, name.slice(name.lastIndexOf("/") + 1)];
  const found = Object.keys(prices).find((pattern) =>
    names.some((one) => matchesName(pattern.toLowerCase(), one)),
  );
  return found === undefined ? undefined : prices[found];
}

export type Cost =
  | { readonly kind: "known"; readonly amount: number }
  /** Models of which no price is known: their part is not zero, so there is no sum. */
  | { readonly kind: "unpriced"; readonly models: readonly string[] };

export function costOf(usage: readonly ModelUsage[], prices: Prices): Cost {
  const unpriced: string[] = [];
  let amount = 0;
  for (const one of usage) {
    const price = priceOf(one.model, prices);
    if (price === undefined) unpriced.push(one.model);
    else amount += costAt(price, one);
  }
  return unpriced.length > 0 ? { kind: "unpriced", models: unpriced } : { kind: "known", amount };
}

/** What an answer costs by the prices that posts of `run-limits` have, on duty or off; null: it has none. */
export function costByPosts(
  posts: readonly { readonly guard: string; readonly options: Readonly<Record<string, unknown>> }[],
): (usage: ModelUsage) => number | null {
  const all = posts.filter(({ guard }) => guard === "run-limits").map(({ options }) => options["prices"]);
  const prices = Object.assign({}, ...all.toReversed()) as Prices;
  return (usage) => {
    const cost = costOf([usage], prices);
    return cost.kind === "known" ? cost.amount : null;
  };
}

function costAt(price: Price, usage: ModelUsage): number {
  const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = usage;
  // What an upstream says may not add up; nothing is paid back for it.
  const fresh = Math.max(inputTokens - cacheReadTokens - cacheWriteTokens, 0);
  const perMillion =
    fresh * price.input +
    cacheReadTokens * (price.cacheRead ?? price.input) +
    cacheWriteTokens * (price.cacheWrite ?? price.input) +
    outputTokens * price.output;
  return perMillion / 1_000_000;
}
