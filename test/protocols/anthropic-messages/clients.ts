import Anthropic from "@anthropic-ai/sdk";
import { ChatAnthropic } from "@langchain/anthropic";

export const weather = {
  name: "get_weather",
  description: "w",
  input_schema: { type: "object" as const, properties: { city: { type: "string" } } },
};

export const request = {
  model: "claude-sonnet-5-5",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "w?" }],
};

/** A tool that the SDK's tool runner executes. */
export function runnable(run: (input: unknown) => string) {
  return { ...weather, type: "custom" as const, parse: (input: unknown) => input, run };
}

export function anthropic(url: string, maxRetries = 0): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: "k", maxRetries });
}

export function langchain(url: string, streaming: boolean) {
  return new ChatAnthropic({
    model: request.model,
    apiKey: "k",
    anthropicApiUrl: url,
    maxRetries: 0,
    streaming,
  }).bindTools([weather]);
}
