import { ChatAnthropic } from "@langchain/anthropic";
import { AIMessage, HumanMessage, type BaseMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import type { Agent, AgentSettings, SeenCall } from "./agent.ts";

/** `createAgent` of LangChain on OpenAI's protocol. */
export function langchainOpenai(settings: AgentSettings): Agent {
  const configuration = { baseURL: `${settings.modelsUrl}/v1` };
  return langchain(new ChatOpenAI({ model: "gpt-5.4-mini", apiKey: "sk-demo", configuration }), settings);
}

/** `createAgent` of LangChain on Anthropic's protocol, streaming underneath. */
export function langchainAnthropic(settings: AgentSettings): Agent {
  const model = new ChatAnthropic({
    model: "claude-sonnet-5-5",
    apiKey: "sk-demo",
    anthropicApiUrl: settings.modelsUrl,
    streaming: true,
  });
  return langchain(model, settings);
}

function langchain(model: ChatOpenAI | ChatAnthropic, settings: AgentSettings): Agent {
  const tools = settings.tools.map((one) =>
    tool((args: unknown) => one.run(args as Record<string, unknown>), {
      name: one.name,
      description: one.description,
      schema: one.parameters,
    }),
  );
  const agent = createAgent({ model, tools, systemPrompt: settings.system });
  const calls: SeenCall[] = [];
  let messages: BaseMessage[] = [];
  return {
    calls,
    async ask(question) {
      const asked = [...messages, new HumanMessage(question)];
      const state = await agent.invoke({ messages: asked });
      messages = state.messages;
      for (const message of messages.slice(asked.length)) {
        if (AIMessage.isInstance(message)) calls.push(...(message.tool_calls ?? []));
      }
      return messages.at(-1)?.text ?? "";
    },
  };
}
