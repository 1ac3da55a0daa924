import type { Exchange } from "../../exchange/exchange.ts";
import type { PromptRewrite, PromptSubject } from "../../exchange/moments.ts";
import type { RunUsage } from "../../exchange/run-usage.ts";
import { pass, type Verdict } from "../../exchange/verdict.ts";
import { defineGuard, type Ports } from "../guard.ts";
import { costOf, priceOf, type Prices } from "./cost.ts";

interface RunLimitsOptions {
  readonly runCallsMax: number;
  readonly runTokensMax: number;
  readonly runCostMax: number;
  readonly runMinutesMax: number;
  readonly prices: Prices;
}

const perMillion = (description: string): object => ({ type: "number", minimum: 0, description });

export const runLimits = defineGuard<RunLimitsOptions>({
  name: "run-limits",
  version: 1,
  planes: ["llm"],
  rewrites: false,
  summary: "Ends an explicit run that has used all the calls of models, tokens, money or time it may.",
  options: {
    runCallsMax: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "Requests to models in one run, hidden ones of repairs included; 0 sets no limit.",
    },
    runTokensMax: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "Tokens of all prompts and answers of one run together; 0 sets no limit.",
    },
    runCostMax: {
      type: "number",
      minimum: 0,
      default: 0,
      description: "What one run may cost, in the currency of `prices`; 0 sets no limit.",
    },
    runMinutesMax: {
      type: "number",
      minimum: 0,
      default: 0,
      description: "Minutes from a run's first request to a model; 0 sets no limit.",
    },
    prices: {
      type: "object",
      maxProperties: 1_000,
      additionalProperties: {
        type: "object",
        additionalProperties: false,
        required: ["input", "output"],
        properties: {
          input: perMillion("A million tokens of prompts."),
          output: perMillion("A million tokens of answers."),
          cacheRead: perMillion("A million tokens of prompts that came from the provider's cache."),
          cacheWrite: perMillion("A million tokens of prompts that went into the provider's cache."),
        },
      },
      default: {},
      description:
        "What a million tokens cost, by model name (`*` stands for anything; the first that fits counts).",
    },
  },
  check: ({ runCostMax, prices }) =>
    runCostMax > 0 && Object.keys(prices).length === 0
      ? ["runCostMax needs prices: without them nobody knows what a run costs."]
      : [],
  watch: (options, ports) => ({
    countsRuns: hasLimit(options),
    watches: { prompt: (subject, at) => judge(subject, at, options, ports) },
  }),
});

function hasLimit(options: RunLimitsOptions): boolean {
  const { runCallsMax, runTokensMax, runCostMax, runMinutesMax } = options;
  return runCallsMax + runTokensMax + runCostMax + runMinutesMax > 0;
}

function judge(
  { run, model }: PromptSubject,
  { caller }: Exchange,
  options: RunLimitsOptions,
  ports: Ports,
): Verdict<PromptRewrite> {
  if (run === null) return pass;
  // A failure of the guard, so that its post decides which way it goes.
  if (!run.complete) throw new Error("what the run has used cannot be read");
  const reached =
    callsReached(run, options) ??
    tokensReached(run, options) ??
    costReached(run, model, options) ??
    minutesReached(run, options, ports.now());
  if (reached === undefined) return pass;
  const name = JSON.stringify(caller.run.id ?? "");
  return {
    kind: "block",
    reason: reached,
    toModel: `The run ${name} may not go on: ${reached} Nothing was sent. Another run begins anew.`,
    code: "run_limit_reached",
  };
}

function callsReached(run: RunUsage, { runCallsMax }: RunLimitsOptions): string | undefined {
  if (runCallsMax === 0 || run.calls < runCallsMax) return undefined;
  const made = `it has made ${count(run.calls)} requests to models`;
  return `${made}, and its limit is ${count(runCallsMax)} (runCallsMax).`;
}

function tokensReached(run: RunUsage, { runTokensMax }: RunLimitsOptions): string | undefined {
  if (runTokensMax === 0) return undefined;
  const tokens = run.models.reduce((sum, one) => sum + one.inputTokens + one.outputTokens, 0);
  if (tokens < runTokensMax) return undefined;
  return `it has used ${count(tokens)} tokens, and its limit is ${count(runTokensMax)} (runTokensMax).`;
}

/** A model without a price is refused before it costs what nobody can count. */
function costReached(
  run: RunUsage,
  model: string,
  { runCostMax, prices }: RunLimitsOptions,
): string | undefined {
  if (runCostMax === 0) return undefined;
  const cost = costOf(run.models, prices);
  if (cost.kind === "unpriced") return unpriced(cost.models);
  if (priceOf(model, prices) === undefined) return unpriced([model]);
  if (cost.amount < runCostMax) return undefined;
  return `it has cost ${money(cost.amount)}, and its limit is ${money(runCostMax)} (runCostMax).`;
}

function unpriced(models: readonly string[]): string {
  const names = models.map((name) => JSON.stringify(name)).join(", ");
  return `its cost is limited (runCostMax), and prices has none for the model ${names}.`;
}

function minutesReached(run: RunUsage, options: RunLimitsOptions, nowMs: number): string | undefined {
  const { runMinutesMax } = options;
  const minutes = (nowMs - run.startedAtMs) / 60_000;
  if (runMinutesMax === 0 || minutes < runMinutesMax) return undefined;
  const began = `it began ${count(Math.floor(minutes))} minutes ago`;
  return `${began}, and its limit is ${count(runMinutesMax)} (runMinutesMax).`;
}

function count(figure: number): string {
  return figure.toLocaleString("en-US");
}

function money(amount: number): string {
  return amount.toLocaleString("en-US", { maximumFractionDigits: 4 });
}
