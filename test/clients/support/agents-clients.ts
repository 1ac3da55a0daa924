import {
  Agent,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  run,
  setTracingDisabled,
  tool,
  type AgentInputItem,
  type ModelResponse,
} from "@openai/agents";
import OpenAI from "openai";
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

// Traces would go to OpenAI itself.
setTracingDisabled(true);

function turnOf({ output, usage }: ModelResponse): Turn {
  return {
    text: output
      .flatMap((item) => (item.type === "message" && item.role === "assistant" ? item.content : []))
      .map((part) => (part.type === "output_text" ? part.text : ""))
      .join(""),
    calls: output.flatMap((item) =>
      item.type === "function_call"
        ? [{ name: item.name, arguments: JSON.parse(item.arguments) as unknown }]
        : [],
    ),
    finish: undefined,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    whole: output,
  };
}

function chatOf(protocol: ProtocolName, settings: ChatSettings, streams: boolean): Chat {
  const { url, apiKey, retriesMax, fetch } = settings;
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey,
    ...(retriesMax === undefined ? {} : { maxRetries: retriesMax }),
    ...(fetch === undefined ? {} : { fetch }),
  });
  const Model = protocol === "openai-chat" ? OpenAIChatCompletionsModel : OpenAIResponsesModel;
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const pieces: unknown[] = [];
  const agent = new Agent({
    name: "Weather",
    instructions: system,
    model: new Model(client, settings.model ?? dialects[protocol].model),
    tools: offers.map(({ name, description, schema }) =>
      tool({
        name,
        description,
        parameters: { ...schema, additionalProperties: false as true },
        strict: false,
        execute: (args: unknown) => {
          ran.push({ name, arguments: args });
          return settings.run({ name, arguments: args });
        },
      }),
    ),
  });
  let history: AgentInputItem[] = [];
  return {
    turns,
    ran,
    pieces,
    async ask(question) {
      const input: AgentInputItem[] = [...history, { role: "user", content: question }];
      const result = streams ? await run(agent, input, { stream: true }) : await run(agent, input);
      if ("completed" in result) {
        for await (const seen of result) {
          if (seen.type === "run_item_stream_event" && seen.name === "tool_called") pieces.push(seen.item);
        }
        await result.completed;
      }
      turns.push(...result.rawResponses.map(turnOf));
      history = result.history;
      return result.finalOutput ?? "";
    },
  };
}

function clientOf(protocol: ProtocolName, name: string, streams: boolean): Client {
  return {
    name,
    family: "agents",
    protocol,
    streams,
    hidesFinish: true,
    open: (settings) => chatOf(protocol, settings, streams),
  };
}

export const agentsChat: readonly Client[] = [
  clientOf("openai-chat", "agents run on chat completions", false),
  clientOf("openai-chat", "agents run on chat completions, streamed", true),
];

export const agentsResponses: readonly Client[] = [
  { ...clientOf("openai-responses", "agents run on responses", false), throwsAtTokenLimit: true },
  { ...clientOf("openai-responses", "agents run on responses, streamed", true), throwsAtTokenLimit: true },
];
