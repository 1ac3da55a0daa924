import { ChatAnthropic } from "@langchain/anthropic";
import {
  AIMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
  type AIMessageChunk,
  type BaseMessage,
} from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";
import { createAgent } from "langchain";
import type { ProtocolName } from "../../../examples/provider/answer.ts";
import {
  offers,
  system,
  type Chat,
  type ChatSettings,
  type Client,
  type PlainCall,
  type Turn,
} from "./client.ts";
import { dialects } from "./dialects.ts";
import { toolLoop, type Completed } from "./tool-loop.ts";

type Model = ChatOpenAI | ChatAnthropic;

function modelOf(protocol: ProtocolName, settings: ChatSettings, streaming: boolean): Model {
  const { url, apiKey, retriesMax, fetch } = settings;
  const retries = retriesMax === undefined ? {} : { maxRetries: retriesMax };
  const fetching = fetch === undefined ? {} : { fetch };
  const model = settings.model ?? dialects[protocol].model;
  if (protocol !== "anthropic-messages") {
    const configuration = { baseURL: `${url}/v1`, ...fetching };
    const useResponsesApi = protocol === "openai-responses";
    return new ChatOpenAI({ model, apiKey, configuration, streaming, useResponsesApi, ...retries });
  }
  return new ChatAnthropic({
    model,
    apiKey,
    anthropicApiUrl: url,
    clientOptions: { ...fetching },
    maxTokens: 1024,
    streaming,
    ...retries,
  });
}

const tools = offers.map(({ name, description, schema }) => ({ name, description, schema }));

/** Where LangChain leaves the protocol's word for the end of a turn. */
interface Ends {
  readonly stop_reason?: string;
  readonly finish_reason?: string;
  readonly status?: string;
}

function turnOf(message: AIMessage | AIMessageChunk): Turn {
  const {
    stop_reason: stop,
    finish_reason: finish,
    status,
  } = { ...(message.additional_kwargs as Ends), ...(message.response_metadata as Ends) };
  const usage = message.usage_metadata as { input_tokens: number; output_tokens: number } | undefined;
  return {
    text: message.text,
    calls: (message.tool_calls ?? []).map(({ name, args }) => ({ name, arguments: args })),
    finish: finish ?? stop ?? status,
    inputTokens: usage?.input_tokens,
    outputTokens: usage?.output_tokens,
    whole: message.toDict(),
  };
}

function completed(message: AIMessage | AIMessageChunk): Completed<BaseMessage> {
  if (message.invalid_tool_calls?.length) throw new Error("LangChain found a call that it cannot read.");
  const { calls: _, ...turn } = turnOf(message);
  return {
    turn,
    calls: (message.tool_calls ?? []).map(({ id, name, args }) => ({ id: id ?? "", name, arguments: args })),
    said: [message],
  };
}

function traitsOf(protocol: ProtocolName, name: string, streams: boolean): Omit<Client, "open"> {
  const opening = protocol === "anthropic-messages" && streams ? { opening: { outputTokens: 1 } } : {};
  const family = protocol === "anthropic-messages" ? "langchain-anthropic" : "langchain-openai";
  return { name, family, protocol, streams, ...opening };
}

function loopClient(protocol: ProtocolName, name: string, streams: boolean): Client {
  return {
    ...traitsOf(protocol, name, streams),
    open(settings) {
      const model = modelOf(protocol, settings, streams).bindTools(tools);
      return toolLoop<BaseMessage>(settings, {
        begin: () => [new SystemMessage(system)],
        user: (text) => new HumanMessage(text),
        results: (results) =>
          results.map(({ id, text }) => new ToolMessage({ tool_call_id: id, content: text })),
        async complete(messages, pieces) {
          if (!streams) return completed(await model.invoke([...messages]));
          let joined: AIMessageChunk | undefined;
          for await (const chunk of await model.stream([...messages])) {
            pieces.push(...(chunk.tool_call_chunks ?? []));
            joined = joined?.concat(chunk) ?? chunk;
          }
          if (joined === undefined) throw new Error("The stream was empty.");
          return completed(joined);
        },
      });
    },
  };
}

/** LangChain's own loop. */
function agentClient(protocol: ProtocolName, name: string, streams: boolean): Client {
  const open = (settings: ChatSettings): Chat => agentChat(protocol, settings, streams);
  return { ...traitsOf(protocol, name, streams), open };
}

function agentChat(protocol: ProtocolName, settings: ChatSettings, streams: boolean): Chat {
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const runnable = offers.map(({ name, description, schema }) =>
    tool(
      (args: unknown) => {
        ran.push({ name, arguments: args });
        return settings.run({ name, arguments: args });
      },
      { name, description, schema },
    ),
  );
  const model = modelOf(protocol, settings, streams);
  const agent = createAgent({ model, tools: runnable, systemPrompt: system });
  const pieces: unknown[] = [];
  let messages: BaseMessage[] = [];
  /** What an interface does that shows the answer while it comes. */
  const watch = async (asked: BaseMessage[]): Promise<BaseMessage[]> => {
    let state = asked;
    const stream = await agent.stream({ messages: asked }, { streamMode: ["messages", "values"] });
    for await (const [mode, seen] of stream) {
      if (mode === "values") state = seen.messages;
      else pieces.push(...((seen[0] as AIMessageChunk).tool_call_chunks ?? []));
    }
    return state;
  };
  return {
    turns,
    ran,
    pieces,
    async ask(question) {
      const asked = [...messages, new HumanMessage(question)];
      messages = streams ? await watch(asked) : (await agent.invoke({ messages: asked })).messages;
      turns.push(
        ...messages
          .slice(asked.length)
          .filter((message) => AIMessage.isInstance(message))
          .map(turnOf),
      );
      return messages.at(-1)?.text ?? "";
    },
  };
}

export const langchainOpenai: readonly Client[] = [
  loopClient("openai-chat", "ChatOpenAI invoke", false),
  loopClient("openai-chat", "ChatOpenAI stream", true),
  agentClient("openai-chat", "createAgent on ChatOpenAI", false),
  { ...agentClient("openai-chat", "createAgent on ChatOpenAI, streaming", true), hidesFinish: true },
];

export const langchainResponses: readonly Client[] = [
  loopClient("openai-responses", "ChatOpenAI invoke on responses", false),
  loopClient("openai-responses", "ChatOpenAI stream on responses", true),
  agentClient("openai-responses", "createAgent on responses", false),
  agentClient("openai-responses", "createAgent on responses, streaming", true),
];

export const langchainAnthropic: readonly Client[] = [
  loopClient("anthropic-messages", "ChatAnthropic invoke", false),
  loopClient("anthropic-messages", "ChatAnthropic stream", true),
  agentClient("anthropic-messages", "createAgent on ChatAnthropic", false),
  agentClient("anthropic-messages", "createAgent on ChatAnthropic, streaming", true),
];
