import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogle } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import {
  generateText,
  isStepCount,
  jsonSchema,
  streamText,
  tool,
  type LanguageModel,
  type ModelMessage,
  type StepResult,
  type ToolSet,
} from "ai";
import type { ProtocolName } from "../../../examples/provider/answer.ts";
import {
  offers,
  system,
  type Chat,
  type ChatSettings,
  type Client,
  type FamilyName,
  type PlainCall,
  type Turn,
} from "./client.ts";
import { dialects } from "./dialects.ts";

function modelOf(protocol: ProtocolName, { url, apiKey, fetch, model }: ChatSettings): LanguageModel {
  const settings = { baseURL: `${url}/v1`, apiKey, ...(fetch === undefined ? {} : { fetch }) };
  const name = model ?? dialects[protocol].model;
  if (protocol === "gemini") return createGoogle({ ...settings, baseURL: `${url}/v1beta` })(name);
  if (protocol === "anthropic-messages") return createAnthropic(settings)(name);
  const openai = createOpenAI(settings);
  return protocol === "openai-chat" ? openai.chat(name) : openai.responses(name);
}

function turnOf(protocol: ProtocolName, step: StepResult<ToolSet, Record<string, unknown>>): Turn {
  return {
    text: step.text,
    calls: step.toolCalls.map(({ toolName, input }) => ({ name: toolName, arguments: input as unknown })),
    finish: protocol === "openai-responses" ? undefined : step.rawFinishReason,
    inputTokens: step.usage.inputTokens,
    outputTokens: step.usage.outputTokens,
    whole: step.content,
  };
}

function chatOf(protocol: ProtocolName, settings: ChatSettings, streams: boolean): Chat {
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const pieces: unknown[] = [];
  const messages: ModelMessage[] = [];
  const tools: ToolSet = Object.fromEntries(
    offers.map(({ name, description, schema }) => [
      name,
      tool({
        description,
        inputSchema: jsonSchema(schema),
        execute: (args: unknown) => {
          ran.push({ name, arguments: args });
          return settings.run({ name, arguments: args });
        },
      }),
    ]),
  );
  const retries = settings.retriesMax === undefined ? {} : { maxRetries: settings.retriesMax };
  const wanted = () => ({
    model: modelOf(protocol, settings),
    system,
    messages,
    tools,
    // Left out, it is the most that the model can say.
    maxOutputTokens: 1024,
    stopWhen: isStepCount(20),
    ...retries,
  });
  /** What an interface does that shows the answer while it comes. */
  const streamed = async () => {
    const answer = streamText({ ...wanted(), onError: () => undefined });
    for await (const part of answer.fullStream) {
      if (part.type.startsWith("tool-")) pieces.push(part);
      if (part.type === "error") throw part.error;
    }
    return {
      steps: await answer.steps,
      responseMessages: await answer.responseMessages,
      text: await answer.text,
    };
  };
  return {
    turns,
    ran,
    pieces,
    async ask(question) {
      messages.push({ role: "user", content: question });
      const { steps, responseMessages, text } = streams ? await streamed() : await generateText(wanted());
      turns.push(
        ...steps.map((step) => turnOf(protocol, step as StepResult<ToolSet, Record<string, unknown>>)),
      );
      messages.push(...responseMessages);
      return text;
    },
  };
}

const familyOf: Readonly<Record<ProtocolName, FamilyName>> = {
  "openai-chat": "ai-sdk-openai",
  "openai-responses": "ai-sdk-openai",
  "anthropic-messages": "ai-sdk-anthropic",
  gemini: "ai-sdk-google",
};

function clientOf(protocol: ProtocolName, name: string, streams: boolean): Client {
  return {
    name,
    family: familyOf[protocol],
    protocol,
    streams,
    open: (settings) => chatOf(protocol, settings, streams),
  };
}

export const aiSdkOpenai: readonly Client[] = [
  clientOf("openai-chat", "generateText on openai.chat()", false),
  clientOf("openai-chat", "streamText on openai.chat()", true),
];

/** What it calls the end of a response is why it is incomplete, if it is. */
const onResponses = { hidesFinish: true, refersToItems: true };

export const aiSdkResponses: readonly Client[] = [
  { ...clientOf("openai-responses", "generateText on openai.responses()", false), ...onResponses },
  { ...clientOf("openai-responses", "streamText on openai.responses()", true), ...onResponses },
];

export const aiSdkAnthropic: readonly Client[] = [
  clientOf("anthropic-messages", "generateText on anthropic()", false),
  clientOf("anthropic-messages", "streamText on anthropic()", true),
];

export const aiSdkGoogle: readonly Client[] = [
  clientOf("gemini", "generateText on google()", false),
  clientOf("gemini", "streamText on google()", true),
];
