import type { Consumer } from "../../conformance/protocol/consumer.ts";
import { agentsConsumers } from "./consumers/agents.ts";
import { aiSdkConsumers } from "./consumers/ai-sdk.ts";
import { langchainConsumers } from "./consumers/langchain.ts";
import { openaiConsumers } from "./consumers/openai.ts";

/** An answer without items leaves no trace in `input`, whoever writes it. */
export const consumers: readonly Consumer[] = [
  ...openaiConsumers,
  ...langchainConsumers,
  ...aiSdkConsumers,
  ...agentsConsumers,
].map((consumer) => ({ ...consumer, forgetsEmptyAnswers: true }));
