import { createGoogle } from "@ai-sdk/google";
import { GoogleGenAI, type Content, type GenerateContentResponse, type Part } from "@google/genai";
import { generateText, jsonSchema, streamText, type ModelMessage, type ToolSet } from "ai";
import type { Consumer, Seen } from "../../conformance/protocol/consumer.ts";

const model = "gemini-3-flash";
const question = "What is the weather in Paris?";
const parameters = { type: "object", properties: { city: { type: "string" }, unit: { type: "string" } } };
const config = {
  tools: [
    { functionDeclarations: [{ name: "get_weather", description: "w", parametersJsonSchema: parameters }] },
  ],
};

/** What the user of Google's SDK sees in parts. */
function seenIn(parts: readonly Part[], usage: GenerateContentResponse["usageMetadata"]): Seen {
  return {
    text: parts.map((part) => (part.thought === true ? "" : (part.text ?? ""))).join(""),
    calls: parts.flatMap(({ functionCall }) =>
      functionCall === undefined ? [] : [{ name: functionCall.name ?? "", arguments: functionCall.args }],
    ),
    outputTokens: (usage?.candidatesTokenCount ?? 0) + (usage?.thoughtsTokenCount ?? 0),
  };
}

function resultsFor(parts: readonly Part[]): Part[] {
  return parts.flatMap(({ functionCall: call }) => {
    if (call === undefined) return [];
    const id = call.id === undefined ? {} : { id: call.id };
    return [{ functionResponse: { ...id, name: call.name ?? "", response: { output: "done" } } }];
  });
}

function googleClient(baseUrl: string): GoogleGenAI {
  return new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl } });
}

/** Runs one or two turns with Google's SDK, the history kept by hand. */
const genaiWhole: Consumer = {
  name: "genai generateContent",
  streams: false,
  async ask(baseUrl, replay) {
    const { models } = googleClient(baseUrl);
    const contents: Content[] = [{ role: "user", parts: [{ text: question }] }];
    const answer = await models.generateContent({ model, contents, config });
    const content = answer.candidates?.[0]?.content;
    const parts = content?.parts ?? [];
    if (replay && content !== undefined) {
      const results = resultsFor(parts);
      const next = results.length > 0 ? results : [{ text: "go on" }];
      await models.generateContent({
        model,
        contents: [...contents, content, { role: "user", parts: next }],
        config,
      });
    }
    return seenIn(parts, answer.usageMetadata);
  },
};

/** The SDK's own chat keeps every chunk of a stream as a content of its own. */
const genaiChat: Consumer = {
  name: "genai chat, streaming",
  streams: true,
  async ask(baseUrl, replay) {
    const chat = googleClient(baseUrl).chats.create({ model, config });
    const parts: Part[] = [];
    let usage: GenerateContentResponse["usageMetadata"];
    let finish: string | undefined;
    for await (const chunk of await chat.sendMessageStream({ message: question })) {
      const candidate = chunk.candidates?.[0];
      parts.push(...(candidate?.content?.parts ?? []));
      usage = chunk.usageMetadata ?? usage;
      if (candidate?.finishReason === undefined) continue;
      if (finish !== undefined) throw new Error("The answer finished twice.");
      finish = candidate.finishReason;
    }
    if (finish === undefined) throw new Error("The answer never finished.");
    if (replay) {
      const results = resultsFor(parts);
      const next = await chat.sendMessageStream({ message: results.length > 0 ? results : "go on" });
      for await (const chunk of next) void chunk;
    }
    return seenIn(parts, usage);
  },
};

const tools: ToolSet = {
  get_weather: { description: "w", inputSchema: jsonSchema<Record<string, unknown>>(parameters as object) },
};

interface Spoken {
  readonly text: string;
  readonly toolCalls: readonly { toolCallId: string; toolName: string; input: unknown }[];
  readonly outputTokens: number | undefined;
  readonly messages: readonly ModelMessage[];
}

/** Runs one or two turns with the AI SDK; `complete` is the way in which it is asked. */
function aiConsumer(
  name: string,
  streams: boolean,
  complete: (model: ReturnType<ReturnType<typeof createGoogle>>, messages: ModelMessage[]) => Promise<Spoken>,
): Consumer {
  return {
    name,
    streams,
    forgetsEmptyAnswers: true,
    async ask(baseUrl, replay) {
      const google = createGoogle({ apiKey: "k", baseURL: `${baseUrl}/v1beta` })(model);
      const messages: ModelMessage[] = [{ role: "user", content: question }];
      const first = await complete(google, messages);
      if (replay) {
        const results: ModelMessage[] = first.toolCalls.map(({ toolCallId, toolName }) => ({
          role: "tool",
          content: [{ type: "tool-result", toolCallId, toolName, output: { type: "text", value: "done" } }],
        }));
        const next: ModelMessage[] = results.length > 0 ? results : [{ role: "user", content: "go on" }];
        await complete(google, [...messages, ...first.messages, ...next]);
      }
      return {
        text: first.text,
        calls: first.toolCalls.map((call) => ({ name: call.toolName, arguments: call.input })),
        outputTokens: first.outputTokens,
      };
    },
  };
}

export const consumers: readonly Consumer[] = [
  genaiWhole,
  genaiChat,
  aiConsumer("AI SDK generateText", false, async (google, messages) => {
    const { text, toolCalls, usage, response } = await generateText({ model: google, messages, tools });
    return { text, toolCalls, outputTokens: usage.outputTokens, messages: response.messages };
  }),
  aiConsumer("AI SDK streamText", true, async (google, messages) => {
    let failure: unknown;
    const result = streamText({
      model: google,
      messages,
      tools,
      onError: ({ error }) => {
        failure ??= error;
      },
    });
    await result.consumeStream();
    if (failure !== undefined) throw failure;
    return {
      text: await result.text,
      toolCalls: await result.toolCalls,
      outputTokens: (await result.usage).outputTokens,
      messages: (await result.response).messages,
    };
  }),
];
