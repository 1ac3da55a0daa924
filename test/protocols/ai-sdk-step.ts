import { generateText, streamText, type LanguageModel } from "ai";

type Soon<Value> = Value | PromiseLike<Value>;

interface Step {
  readonly text: unknown;
  readonly reasoningText: unknown;
  readonly toolCalls: Soon<readonly { toolCallId: string; toolName: string; input: unknown }[]>;
  readonly sources: Soon<readonly object[]>;
  readonly usage: unknown;
  readonly rawFinishReason: unknown;
  readonly providerMetadata: unknown;
}

/** What the AI SDK makes of an answer that it asks for whole or as a stream. Sources get a random id. */
export async function stepOf(model: LanguageModel, form: "whole" | "stream"): Promise<unknown> {
  const step = await (form === "whole" ? generateText({ model, ...asked }) : streamed(model));
  const calls = (await step.toolCalls).map(({ toolCallId, toolName, input }) => [
    toolCallId,
    toolName,
    input,
  ]);
  return {
    text: await step.text,
    reasoning: await step.reasoningText,
    calls,
    sources: (await step.sources).map((source) => ({ ...source, id: "" })),
    usage: await step.usage,
    finish: await step.rawFinishReason,
    metadata: await step.providerMetadata,
  };
}

const asked = { prompt: "?", maxRetries: 0 };

async function streamed(model: LanguageModel): Promise<Step> {
  const answer = streamText({ model, ...asked, onError: () => undefined });
  for await (const part of answer.fullStream) if (part.type === "error") throw part.error;
  return answer;
}
