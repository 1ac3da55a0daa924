import { LRUCache } from "lru-cache";
import { matchesName } from "../../text/name-pattern.ts";

/** What is known of a family of models. Tokens are those that the provider counts. */
export interface ModelWindow {
  /** Names as the provider writes them; `*` stands for anything. */
  readonly models: readonly string[];
  /** Everything together: prompt, thinking and answer. */
  readonly windowTokens: number;
  /** The longest answer. It is what is reserved where a request does not say how long its may be. */
  readonly answerTokensMax: number;
  /** A bound of its own on the prompt, where the provider has one below the window. */
  readonly promptTokensMax?: number;
  readonly source: string;
  /** Where the figures of `source` were read, if not on that page itself. */
  readonly readAt?: string;
  readonly checkedAt: string;
}

const checkedAt = "2026-11-24";
const openai = "https://developers.openai.com/api/docs/models";
const claude = "https://platform.claude.com/docs/en/models";
const google = "https://ai.google.dev/gemini-api/docs/models";
/** Its table of models is made from OpenAI's pages of models. */
const metadata = "gpt-tokenizer 4.0.0, models.gen";

/** Some pages give no figure for the prompt alone; it is the window without the longest answer. */
const sol = { windowTokens: 1_050_000, answerTokensMax: 128_000, promptTokensMax: 922_000 };
const gpt5 = { windowTokens: 400_000, answerTokensMax: 128_000, promptTokensMax: 272_000 };
const chat = { windowTokens: 128_000, answerTokensMax: 16_384 };
const claude1M = { windowTokens: 1_000_000, answerTokensMax: 128_000 };
/** Google bounds the prompt and the answer apart from each other, up to Gemini 3. */
const gemini = { windowTokens: 1_114_112, answerTokensMax: 65_536, promptTokensMax: 1_048_576 };
const claude200k = { windowTokens: 200_000, answerTokensMax: 64_000 };

/**
 * The windows that are known. The first row that names a model counts. A model that no row names has
 * no budget unless one is configured: a guess that is too small drops what the model could have read.
 */
export const modelWindows: readonly ModelWindow[] = [
  {
    models: ["gpt-6-astra*"],
    ...sol,
    source: `${openai}/gpt-6-astra`,
    readAt: vercel("gpt-6-astra"),
    checkedAt,
  },
  {
    models: ["gpt-6-sol*"],
    ...sol,
    source: `${openai}/gpt-6-sol`,
    readAt: vercel("gpt-6-sol-fast"),
    checkedAt,
  },
  {
    models: ["gpt-6-luna*"],
    ...sol,
    source: `${openai}/gpt-6-luna`,
    readAt: vercel("gpt-6-luna"),
    checkedAt,
  },
  {
    models: ["gpt-6.1-sol*"],
    ...sol,
    source: `${openai}/gpt-6.1-sol`,
    readAt: vercel("gpt-6.1-sol"),
    checkedAt,
  },
  {
    models: ["gpt-6.2-sol*"],
    ...sol,
    source: `${openai}/gpt-6.2-sol`,
    readAt: vercel("gpt-6.2-sol"),
    checkedAt,
  },
  { models: ["gpt-5.6-cyber*"], ...gpt5, source: `${openai}/gpt-5.6-cyber`, readAt: metadata, checkedAt },
  { models: ["gpt-5.6-*", "gpt-5.5", "gpt-5.5-*"], ...sol, source: `${openai}/compare`, checkedAt },
  { models: ["gpt-5.4-mini*"], ...gpt5, source: `${openai}/gpt-5.4-mini`, readAt: metadata, checkedAt },
  { models: ["gpt-5.4-nano*"], ...gpt5, source: `${openai}/gpt-5.4-nano`, readAt: metadata, checkedAt },
  { models: ["gpt-5.4", "gpt-5.4-*"], ...sol, source: `${openai}/gpt-5.4`, readAt: metadata, checkedAt },
  {
    models: ["gpt-5-chat*", "gpt-5.1-chat*", "gpt-5.2-chat*", "gpt-5.3-chat*"],
    ...chat,
    source: `${openai}/gpt-5-chat-latest`,
    readAt: metadata,
    checkedAt,
  },
  {
    models: ["gpt-5-pro*"],
    windowTokens: 400_000,
    answerTokensMax: 272_000,
    source: `${openai}/gpt-5-pro`,
    readAt: metadata,
    checkedAt,
  },
  {
    models: ["gpt-5", "gpt-5-*", "gpt-5.1", "gpt-5.1-*", "gpt-5.2", "gpt-5.2-*", "gpt-5.3-*"],
    ...gpt5,
    source: `${openai}/gpt-5`,
    readAt: metadata,
    checkedAt,
  },
  {
    models: ["gpt-4.1", "gpt-4.1-*"],
    windowTokens: 1_047_576,
    answerTokensMax: 32_768,
    source: `${openai}/gpt-4.1`,
    readAt: metadata,
    checkedAt,
  },
  {
    models: ["gpt-4o", "gpt-4o-20*", "gpt-4o-mini", "gpt-4o-mini-20*", "gpt-4o*-preview*", "chatgpt-4o-*"],
    ...chat,
    source: `${openai}/gpt-4o`,
    readAt: metadata,
    checkedAt,
  },
  {
    models: ["gpt-4-turbo*"],
    windowTokens: 128_000,
    answerTokensMax: 4_096,
    source: `${openai}/gpt-4-turbo`,
    readAt: metadata,
    checkedAt,
  },
  {
    models: ["o1-mini*", "o1-preview*"],
    windowTokens: 128_000,
    answerTokensMax: 65_536,
    source: `${openai}/o1-mini`,
    readAt: metadata,
    checkedAt,
  },
  {
    models: ["o1", "o1-*", "o3", "o3-*", "o4-mini*"],
    windowTokens: 200_000,
    answerTokensMax: 100_000,
    source: `${openai}/o3`,
    readAt: metadata,
    checkedAt,
  },
  { models: ["claude-fable-5-1*"], ...claude1M, source: `${claude}/fable-5-1/overview`, checkedAt },
  { models: ["claude-fable-5*"], ...claude1M, source: `${claude}/fable-5/overview`, checkedAt },
  { models: ["claude-mythos-5*"], ...claude1M, source: `${claude}/fable-5/overview`, checkedAt },
  { models: ["claude-opus-5-5*"], ...claude1M, source: `${claude}/opus-5-5/overview`, checkedAt },
  { models: ["claude-opus-5*"], ...claude1M, source: `${claude}/opus-5/overview`, checkedAt },
  { models: ["claude-sonnet-5-5*"], ...claude1M, source: `${claude}/sonnet-5-5/overview`, checkedAt },
  { models: ["claude-sonnet-5*"], ...claude1M, source: `${claude}/sonnet-5/overview`, checkedAt },
  { models: ["claude-haiku-5-5*"], ...claude1M, source: `${claude}/haiku-5-5/overview`, checkedAt },
  { models: ["claude-opus-4-8*"], ...claude1M, source: `${claude}/opus-4-8/overview`, checkedAt },
  {
    models: ["claude-opus-4-7*"],
    ...claude1M,
    source: "https://platform.claude.com/docs/en/build-with-claude/context-windows",
    checkedAt,
  },
  { models: ["claude-opus-4-6*"], ...claude1M, source: `${claude}/opus-4-6/overview`, checkedAt },
  { models: ["claude-sonnet-4-6*"], ...claude1M, source: `${claude}/sonnet-4-6/overview`, checkedAt },
  { models: ["claude-opus-4-5*"], ...claude200k, source: `${claude}/opus-4-5/overview`, checkedAt },
  { models: ["claude-sonnet-4-5*"], ...claude200k, source: `${claude}/sonnet-4-5/overview`, checkedAt },
  { models: ["claude-haiku-4-5*"], ...claude200k, source: `${claude}/overview`, checkedAt },
  {
    models: ["claude-opus-4", "claude-opus-4-0*", "claude-opus-4-1*", "claude-opus-4-20*", "claude-opus-4@*"],
    windowTokens: 200_000,
    answerTokensMax: 32_000,
    source: "https://platform.claude.com/docs/en/build-with-claude/context-windows",
    checkedAt,
  },
  {
    models: ["claude-sonnet-4", "claude-sonnet-4-0*", "claude-sonnet-4-20*", "claude-sonnet-4@*"],
    ...claude200k,
    source: "https://platform.claude.com/docs/en/build-with-claude/context-windows",
    checkedAt,
  },
  {
    models: ["gemini-4-argon*"],
    windowTokens: 1_048_576,
    answerTokensMax: 65_536,
    source:
      "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/start/get-started-with-gemini-4",
    checkedAt,
  },
  {
    models: ["gemini-3.8-flash"],
    ...gemini,
    source: `${google}/gemini-3.8-flash`,
    readAt: vercel("gemini-3.8-flash"),
    checkedAt,
  },
  {
    models: ["gemini-3.5-flash"],
    ...gemini,
    source: "https://cloud.google.com/gemini-enterprise-agent-platform/models/gemini/3-5-flash",
    checkedAt,
  },
  {
    models: ["gemini-3.1-pro", "gemini-3.1-pro-preview*"],
    ...gemini,
    source: `${google}/gemini-3.1-pro-preview`,
    checkedAt,
  },
  {
    models: ["gemini-3-flash", "gemini-3-flash-preview"],
    ...gemini,
    source: `${google}/gemini-3-flash-preview`,
    checkedAt,
  },
  {
    models: ["gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"],
    ...gemini,
    source: `${google}/gemini-2.5-pro`,
    checkedAt,
  },
  {
    models: ["gemini-2.0-flash", "gemini-2.0-flash-001", "gemini-2.0-flash-lite"],
    windowTokens: 1_056_768,
    answerTokensMax: 8_192,
    promptTokensMax: 1_048_576,
    source: `${google}/gemini-2.0-flash`,
    checkedAt,
  },
];

function vercel(name: string): string {
  return `https://vercel.com/ai-gateway/models/${name}`;
}

/** Names of models that are looked up once; they come from outside. */
const namesMax = 1_000;
const rows = new LRUCache<string, { readonly row: ModelWindow | undefined }>({ max: namesMax });

/** The row for a model, however the platform in between spells its name; undefined if there is none. */
export function windowOf(model: string): ModelWindow | undefined {
  const known = rows.get(model);
  if (known !== undefined) return known.row;
  const name = plainName(model);
  const row = modelWindows.find(({ models }) => models.some((pattern) => matchesPattern(pattern, name)));
  rows.set(model, { row });
  return row;
}

/** A model's name without what a platform puts around it: `us.anthropic.claude-…`, `openai/gpt-4o`. */
export function plainName(model: string): string {
  const name = model.toLowerCase().slice(model.lastIndexOf("/") + 1);
  const claudeAt = name.indexOf("claude-");
  return claudeAt < 0 ? name : name.slice(claudeAt).replaceAll(".", "-");
}

/** True where a model's name, in lower case, is what a pattern says, `*` standing for anything. */
export function matchesPattern(pattern: string, name: string): boolean {
  return matchesName(pattern.toLowerCase(), name);
}

/**
 * How many tokens a model counts for one of o200k, rounded up. Claude up to 4.6 counts 17 to 37 %
 * more; its newer tokenizer gives about 30 % more again for the same text
 * (https://platform.claude.com/docs/en/build-with-claude/token-counting). Of other models nothing is
 * known, so they are taken for an older Claude.
 */
export function seedRatio(model: string): number {
  const name = plainName(model);
  if (/^(?:gpt-|chatgpt-|o[1-9])/.test(name)) return 1;
  if (!name.startsWith("claude-")) return 1.3;
  return /^claude-(?:2|3|instant|(?:opus|sonnet|haiku)-4(?!-[7-9]))/.test(name) ? 1.3 : 1.7;
}
