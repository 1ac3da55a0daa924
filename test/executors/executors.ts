import { agentsSdk } from "./agents-sdk.ts";
import { aiSdk } from "./ai-sdk.ts";
import { anthropicRunner } from "./anthropic-runner.ts";
import type { Executor } from "./executor.ts";
import { langchain } from "./langchain.ts";
import { openaiRunner } from "./openai-runner.ts";
import { stripeKeyed, stripeUnkeyed } from "./stripe.ts";

export const executors: readonly Executor[] = [
  openaiRunner,
  anthropicRunner,
  aiSdk,
  langchain,
  agentsSdk,
  stripeUnkeyed,
  stripeKeyed,
];
