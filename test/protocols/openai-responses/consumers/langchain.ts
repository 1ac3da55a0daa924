import { HumanMessage, ToolMessage, type AIMessage, type AIMessageChunk } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import type { Consumer } from "../../../conformance/protocol/consumer.ts";
import { model, question, weather } from "./weather.ts";

type Said = HumanMessage | AIMessage | AIMessageChunk | ToolMessage;

function langchainConsumer(
  name: string,
  streams: boolean,
  complete: (
    chat: ReturnType<ChatOpenAI["bindTools"]>,
    messages: Said[],
  ) => Promise<AIMessage | AIMessageChunk>,
): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const configuration = { baseURL: `${baseUrl}/v1` };
      const chat = new ChatOpenAI({
        model,
        apiKey: "sk-test",
        configuration,
        useResponsesApi: true,
      }).bindTools([{ type: "function", function: weather }]);
      const messages = [new HumanMessage(question)];
      const answer = await complete(chat, messages);
      const calls = answer.tool_calls ?? [];
      if (answer.invalid_tool_calls?.length) throw new Error("LangChain found a call that it cannot read.");
      if (replay) {
        const results = calls.map(({ id }) => new ToolMessage({ tool_call_id: id!, content: "done" }));
        await complete(chat, [...messages, answer, ...results]);
      }
      const usage = answer.usage_metadata as { output_tokens: number } | undefined;
      return {
        text: answer.text,
        calls: calls.map((call) => ({ name: call.name, arguments: call.args })),
        outputTokens: usage?.output_tokens,
      };
    },
  };
}

export const langchainConsumers: readonly Consumer[] = [
  langchainConsumer("LangChain invoke", false, (chat, messages) => chat.invoke(messages)),
  langchainConsumer("LangChain stream", true, async (chat, messages) => {
    let joined: AIMessageChunk | undefined;
    for await (const chunk of await chat.stream(messages)) joined = joined?.concat(chunk) ?? chunk;
    if (joined === undefined) throw new Error("The stream was empty.");
    return joined;
  }),
];
