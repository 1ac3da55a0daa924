import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { objects } from "../provider/answer.ts";
import type { Provider, ProviderRequest } from "../provider/provider.ts";
import type { Effect } from "../tool-server/effect-log.ts";
import type { ToolServer } from "../tool-server/tool-server.ts";
import { fits, type MakeAgent } from "./agent.ts";
import { resultsIn } from "./model-plan.ts";
import { demoTools, pageOf, type ToolCallRecord } from "./tools.ts";

const pages = 16;

/** What one agent's day came to, as the provider, the tool server and the agent's own code saw it. */
export interface Measured {
  /** Calls that reached the agent although they do not fit the tool's parameters. */
  readonly wrongCalls: number;
  /** What the tool server really did, how often with a key, and how many keys differ. */
  readonly effects: number;
  readonly keyedEffects: number;
  readonly distinctKeys: number;
  /** Results of tools that the model read, without repetitions: all, and those that stood there bare. */
  readonly results: number;
  readonly bareResults: number;
  /** The most forms in which the model ever saw one result: 1 where every turn repeats the same bytes. */
  readonly formsMax: number;
  readonly promptTokensMax: number;
  /** Requests that did not begin with the request before: each one costs the provider's cache. */
  readonly cuts: number;
  readonly requests: number;
  /** Requests that the provider refused. */
  readonly refused: number;
  readonly orders: number;
  readonly charges: number;
  /** What the agent was told about the order whose answer was lost, and the one that took too long. */
  readonly lost: ToolCallRecord | undefined;
  readonly slow: ToolCallRecord | undefined;
}

export interface Place {
  readonly modelsUrl: string;
  readonly toolsUrl: string;
  readonly provider: Provider;
  readonly tools: ToolServer;
}

/** Lets an agent work through everything once, and counts. */
export async function measure(makeAgent: MakeAgent, name: string, place: Place): Promise<Measured> {
  const { provider, tools } = place;
  const requestsFrom = provider.requests.length;
  const effectsFrom = tools.effects.length;
  const records: ToolCallRecord[] = [];
  const offered = demoTools(place.toolsUrl, records);
  const agent = makeAgent({
    modelsUrl: place.modelsUrl,
    system: "You run a shop. Be brief.",
    tools: offered,
  });

  await agent.ask(`Slip ${name}-first`);
  for (let page = 0; page < pages; page++) await agent.ask(`Read ${page}`);
  const before = records.length;
  tools.behave("effect-then-drop");
  await agent.ask(`Order ${name}-lost`);
  tools.behave("slow,delayMs=1800");
  await agent.ask(`Order ${name}-slow`);

  const effects = tools.effects.slice(effectsFrom);
  const charges = effects.filter((effect) => /-(?:lost|slow)"/.test(effect.body));
  return {
    wrongCalls: agent.calls.filter((call) => !fits(offered, call)).length,
    ...keysOf(effects),
    ...promptsOf(provider.requests.slice(requestsFrom), records),
    orders: 2,
    charges: charges.length,
    lost: records[before],
    slow: records[before + 1],
  };
}

function keysOf(effects: readonly Effect[]): Pick<Measured, "effects" | "keyedEffects" | "distinctKeys"> {
  const keys = effects.flatMap((effect) => effect.idempotencyKey ?? []);
  return { effects: effects.length, keyedEffects: keys.length, distinctKeys: new Set(keys).size };
}

type Prompts = Pick<
  Measured,
  "results" | "bareResults" | "formsMax" | "promptTokensMax" | "cuts" | "requests" | "refused"
>;

function promptsOf(received: readonly ProviderRequest[], records: readonly ToolCallRecord[]): Prompts {
  const requests = received.filter((request) => request.status === 200);
  const raw = [
    ...records.map((record) => record.body),
    ...Array.from({ length: pages }, (_, page) => pageOf(String(page))),
  ];
  const seen = new Set(requests.flatMap(resultsIn));
  const forms = raw.map((text) => [...seen].filter((form) => form.includes(firstLine(text))).length);
  return {
    results: seen.size,
    bareResults: raw.filter((text) => seen.has(text)).length,
    formsMax: Math.max(...forms),
    promptTokensMax: Math.max(...requests.map(promptTokens)),
    cuts: requests.filter((request, index) => index > 0 && !continues(requests[index - 1], request)).length,
    requests: requests.length,
    refused: received.filter((request) => request.status === 400 && !/"thread"/.test(request.body)).length,
  };
}

/** Marks around each message, https://platform.openai.com/docs/guides/text ("Managing tokens"). */
const tokensPerMessage = 4;

/** What the model reads of a request: its texts, arguments and tools, without the JSON around them. */
function promptTokens(request: ProviderRequest): number {
  const { messages, system, tools } = request.parsed;
  const texts = [JSON.stringify(tools), ...textsIn(system), ...textsIn(messages)];
  return countTokens(texts.join("\n")) + tokensPerMessage * objects(messages).length;
}

const notRead = new Set(["id", "tool_call_id", "tool_use_id", "type", "role"]);

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (notRead.has(key) ? [] : textsIn(inner)));
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

/** True where every message of the request before stands at the head of this one, to the letter. */
function continues(before: ProviderRequest | undefined, request: ProviderRequest): boolean {
  const messages = objects(request.parsed["messages"]).map((message) => JSON.stringify(message));
  return objects(before?.parsed["messages"]).every(
    (message, index) => JSON.stringify(message) === messages[index],
  );
}
