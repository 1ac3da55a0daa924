import { createOpenAI } from "@ai-sdk/openai";
import { generateText, jsonSchema, streamText, tool, type ModelMessage, type ToolSet } from "ai";
import type { Consumer, Seen } from "../../../conformance/protocol/consumer.ts";
import { model, question, weather } from "./weather.ts";

interface Answered {
  readonly seen: Seen;
  readonly messages: readonly ModelMessage[];
  readonly ids: readonly string[];
}

interface Asking {
  readonly model: ReturnType<ReturnType<typeof createOpenAI>["responses"]>;
  readonly tools: ToolSet;
  readonly messages: ModelMessage[];
}

interface Step {
  readonly text: string;
  readonly toolCalls: readonly { toolCallId: string; toolName: string; input: unknown; invalid?: boolean }[];
  readonly usage: { outputTokens: number | undefined };
  readonly response: { messages: readonly ModelMessage[] };
}

function answered({ text, toolCalls, usage, response }: Step): Answered {
  if (toolCalls.some(({ invalid }) => invalid))
    throw new Error("The AI SDK found a call that it cannot read.");
  return {
    seen: {
      text,
      calls: toolCalls.map(({ toolName, input }) => ({ name: toolName, arguments: input })),
      outputTokens: usage.outputTokens,
    },
    messages: response.messages,
    ids: toolCalls.map(({ toolCallId }) => toolCallId),
  };
}

function aiSdkConsumer(
  name: string,
  streams: boolean,
  complete: (asking: Asking) => Promise<Answered>,
): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const openai = createOpenAI({ apiKey: "sk-test", baseURL: `${baseUrl}/v1` });
      const tools: ToolSet = {
        get_weather: tool({ description: weather.description, inputSchema: jsonSchema(weather.parameters) }),
      };
      const asked: ModelMessage = { role: "user", content: question };
      const { seen, messages, ids } = await complete({
        model: openai.responses(model),
        tools,
        messages: [asked],
      });
      if (replay) {
        const results = ids.map((toolCallId) => ({
          type: "tool-result" as const,
          toolCallId,
          toolName: weather.name,
          output: { type: "text" as const, value: "done" },
        }));
        const last: ModelMessage =
          results.length > 0 ? { role: "tool", content: results } : { role: "user", content: "Go on." };
        await complete({ model: openai.responses(model), tools, messages: [asked, ...messages, last] });
      }
      return seen;
    },
  };
}

export const aiSdkConsumers: readonly Consumer[] = [
  aiSdkConsumer("AI SDK generateText", false, async (asking) =>
    answered((await generateText(asking)) as Step),
  ),
  aiSdkConsumer("AI SDK streamText", true, async (asking) => {
    const answer = streamText({ ...asking, onError: () => undefined });
    for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
    return answered({
      text: await answer.text,
      toolCalls: await answer.toolCalls,
      usage: await answer.usage,
      response: await answer.response,
    } as Step);
  }),
];
