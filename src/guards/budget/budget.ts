import type { PromptRewrite, PromptSubject } from "../../exchange/moments.ts";
import { pass, type Verdict } from "../../exchange/verdict.ts";
import { defineGuard, type Ports } from "../guard.ts";
import { editsOf, frontierFact, frozenRatio, knownFrontier, ratioFact } from "./frontier-fact.ts";
import { limitsOf, type LimitOptions, type Limits } from "./limits.ts";
import { ledgerDown, leftOverBudget, pinnedTooLarge } from "./refusal.ts";
import {
  frontierOf,
  membership,
  nothingDropped,
  pinnedGroups,
  tokensUpTo,
  type Frontier,
  type History,
} from "./trim.ts";
import { weigh, weightAtMost } from "./weights.ts";
import { seedRatio } from "./windows.ts";

interface BudgetOptions extends LimitOptions {
  readonly lowWater: number;
  readonly onBoundThinking: "strip" | "skip";
}

export const budget = defineGuard<BudgetOptions>({
  name: "budget",
  version: 1,
  planes: ["llm"],
  summary: "Keeps a conversation inside its model's window: rarely, the oldest is dropped in one step.",
  options: {
    tokensMax: {
      type: "integer",
      minimum: 0,
      default: 0,
      description: "The most tokens that a prompt may have; 0 takes the model's window, where it is known.",
    },
    lowWater: {
      type: "number",
      minimum: 0,
      maximum: 1,
      default: 0.55,
      description:
        "What is left of the droppable after a trim, as a share of the room that the pinned leave.",
    },
    answerTokens: {
      type: "integer",
      minimum: 0,
      default: 0,
      description:
        "Tokens kept free for the answer where the request does not say; 0 takes the model's longest answer.",
    },
    marginPercent: {
      type: "number",
      minimum: 0,
      maximum: 50,
      default: 5,
      description: "Percent of the window kept free because the count is an estimate.",
    },
    windows: {
      type: "object",
      additionalProperties: { type: "integer", minimum: 1 },
      default: {},
      description:
        "Windows in tokens, by model name (`*` stands for anything); they go before the built-in ones.",
    },
    onBoundThinking: {
      type: "string",
      enum: ["strip", "skip"],
      default: "strip",
      description:
        "On models that reject thinking behind an edit: `strip` trims and removes it, `skip` does not trim.",
    },
  },
  check: ({ lowWater }) =>
    lowWater < 1 ? [] : ["lowWater must be below 1: otherwise every turn would be trimmed."],
  watch: (options, ports) => ({ watches: { prompt: (subject) => judge(subject, options, ports) } }),
});

function judge(
  subject: PromptSubject,
  options: BudgetOptions,
  ports: Ports,
): Verdict<PromptRewrite> | Promise<Verdict<PromptRewrite>> {
  const limits = limitsOf(subject.model, subject.answerTokensMax, options);
  if (limits === undefined) {
    ports.report(`window of ${subject.model}`, unknownWindow(subject.model));
    return pass;
  }
  const known = knownFrontier(subject);
  const ratio = frozenRatio(subject.facts, subject.model) ?? seedRatio(subject.model);
  if (known === nothingDropped && weightAtMost(subject, ratio) <= limits.budgetTokens) return pass;
  return judgeCounted(subject, options, limits, known, ratio, ports);
}

async function judgeCounted(
  subject: PromptSubject,
  options: BudgetOptions,
  limits: Limits,
  known: Frontier,
  ratio: number,
  ports: Ports,
): Promise<Verdict<PromptRewrite>> {
  const weights = await weigh(subject, ratio);
  const history: History = { messages: subject.messages, weights };
  const end = subject.messages.length;
  const before = tokensUpTo(history, known, end);
  if (before <= limits.budgetTokens) return sentAs(subject, known);
  if (!subject.factsWritable) {
    if (before > limits.promptTokensMax)
      return refused("over the window", ledgerDown(subject, before, limits));
    return sentAs(subject, known);
  }

  const rules = {
    budgetTokens: limits.budgetTokens,
    lowWater: options.lowWater,
    bindsThinking: subject.bindsThinking,
    trimsBoundThinking: options.onBoundThinking === "strip",
  };
  // Whatever leaves, these stay: no need to go through the requests that led here.
  const leastThinking = { ...known, thinkingTo: subject.bindsThinking ? end : known.thinkingTo };
  if (pinnedTokens(history, leastThinking) > limits.budgetTokens) {
    return refused("pinned parts are over the budget", pinnedTooLarge(subject, weights, limits));
  }
  const frontier = frontierOf(history, rules, known);
  const after = tokensUpTo(history, frontier, end);
  if (after > limits.budgetTokens) {
    if (pinnedTokens(history, frontier) > limits.budgetTokens) {
      return refused("pinned parts are over the budget", pinnedTooLarge(subject, weights, limits));
    }
    ports.report(`over budget ${subject.chains.at(-1) ?? ""}`, leftOverBudget(subject, after, limits));
  }
  if (frontier === known) return sentAs(subject, known);
  const facts = [frontierFact(subject, frontier)];
  if (frozenRatio(subject.facts, subject.model) === undefined) facts.unshift(ratioFact(subject.model, ratio));
  return {
    kind: "rewrite",
    to: { edits: editsOf(subject, frontier) },
    reason: trimmed(subject, frontier, before, after, limits),
    facts,
  };
}

/** What was decided in an earlier request of this conversation holds for this one. */
function sentAs(subject: PromptSubject, frontier: Frontier): Verdict<PromptRewrite> {
  if (frontier === nothingDropped) return pass;
  const dropped = membership(frontier, subject.messages).size;
  return {
    kind: "rewrite",
    to: { edits: editsOf(subject, frontier) },
    reason: `The ${dropped} messages that were dropped from this conversation before stay dropped.`,
  };
}

function pinnedTokens(history: History, frontier: Frontier): number {
  const { messages } = history;
  const pinned = pinnedGroups(messages, messages.length);
  const loose = messages.filter(({ role, group }) => role !== "system" && !pinned.has(group));
  const dropped = loose.map(({ index }) => [index, index + 1] as const);
  return tokensUpTo(history, { dropped, thinkingTo: frontier.thinkingTo }, messages.length);
}

function refused(reason: string, toModel: string): Verdict<PromptRewrite> {
  return { kind: "block", reason, toModel };
}

function trimmed(
  subject: PromptSubject,
  frontier: Frontier,
  before: number,
  after: number,
  limits: Limits,
): string {
  const dropped = membership(frontier, subject.messages).size;
  const thinking = frontier.thinkingTo > 0 ? ", and the thinking of the others is removed" : "";
  return (
    `${dropped} of ${subject.messages.length} messages are dropped${thinking}: ` +
    `about ${before} tokens become ${after}, the budget is ${limits.budgetTokens}.`
  );
}

function unknownWindow(model: string): string {
  return (
    `The context window of the model "${model}" is not known, so its prompts have no budget. ` +
    "Set tokensMax or windows of the guard budget to give them one."
  );
}
