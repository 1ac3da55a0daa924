import { createOpenAI } from "@ai-sdk/openai";
import { HumanMessage, type AIMessage, type AIMessageChunk } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, jsonSchema, streamText } from "ai";
import OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { streamOf } from "../../../src/protocols/openai-chat/stream-of-whole.ts";
import { wholeOf } from "../../../src/protocols/openai-chat/whole-of-stream.ts";
import { startAnswering, stream, whole, type Provider } from "../../conformance/protocol/provider.ts";
import { fixture } from "./traffic.ts";

const model = "gpt-5.4";
const messages = [{ role: "user" as const, content: "What is the weather in Paris and Tokyo?" }];
const parameters = { type: "object", properties: { city: { type: "string" } } };

/** Gives what was recorded in one form in the other one, as it is asked for: the latest for ever. */
function replaying(recorded: { readonly json?: string; readonly sse?: string }[]): Promise<Provider> {
  return startAnswering(({ path, body }, turn) => {
    const prompt = openaiChat.readPrompt(body, path);
    const { json, sse } = recorded[turn] ?? recorded.at(-1) ?? {};
    if (prompt.stream) return stream(sse ?? streamOf(json ?? "", prompt) ?? "");
    return whole(json ?? wholeOf(sse ?? "") ?? "");
  });
}

/** A whole answer that says much. */
function answerOf(message: object, choice: object = {}): string {
  const said = { role: "assistant", content: null, refusal: null, annotations: [], ...message };
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_795_000_000,
    model,
    choices: [{ index: 0, message: said, logprobs: null, finish_reason: "stop", ...choice }],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 20,
      total_tokens: 30,
      prompt_tokens_details: { cached_tokens: 4 },
      completion_tokens_details: { reasoning_tokens: 7 },
    },
    service_tier: "default",
    system_fingerprint: "fp_1",
    x_vendor: { region: "eu" },
  });
}

const call = (id: string, city: string) => ({
  id,
  type: "function",
  function: { name: "get_weather", arguments: JSON.stringify({ city }) },
});
const citation = { url: "https://a.example", title: "A", start_index: 0, end_index: 3 };
const callsTwice = { tool_calls: [call("call_1", "Paris"), call("call_2", "Tokyo")] };

const recordings: readonly { readonly name: string; readonly json?: string; readonly sse?: string }[] = [
  {
    name: "text with sources and probabilities",
    json: answerOf(
      { content: "It is warm.", annotations: [{ type: "url_citation", url_citation: citation }] },
      {
        logprobs: {
          content: [{ token: "It", logprob: -0.25, bytes: [73, 116], top_logprobs: [] }],
          refusal: null,
        },
      },
    ),
  },
  {
    name: "reasoning, text and parallel calls",
    json: answerOf(
      { content: "Let me look.", reasoning_content: "Two calls.", ...callsTwice },
      { finish_reason: "tool_calls" },
    ),
  },
  { name: "calls alone", json: answerOf(callsTwice, { finish_reason: "tool_calls" }) },
  { name: "a refusal", json: answerOf({ refusal: "I cannot help with that." }) },
  { name: "text that was cut", json: answerOf({ content: "It is" }, { finish_reason: "length" }) },
  ...[
    "text",
    "usage",
    "refusal",
    "length",
    "text-and-tool-call",
    "thinking-and-tool-call",
    "tool-calls-parallel",
  ].map((name) => ({ name: `the stream of ${name}`, sse: fixture(`${name}.sse`) })),
];

/** Both forms of what was recorded, as one client reads them. */
async function readBy<Read>(
  recording: { readonly json?: string; readonly sse?: string },
  asWhole: (url: string) => Promise<Read>,
  asStream: (url: string) => Promise<Read>,
): Promise<{ readonly whole: Read; readonly stream: Read }> {
  await using provider = await replaying([recording]);
  return { whole: await asWhole(provider.url), stream: await asStream(provider.url) };
}

function openai(url: string): OpenAI {
  return new OpenAI({ apiKey: "sk-test", baseURL: `${url}/v1`, maxRetries: 0 });
}

describe("an answer in both of its forms", () => {
  // Of a field that it does not know the helper keeps the last fragment.
  const known = recordings.filter(({ name }) => name !== "the stream of thinking-and-tool-call");

  it.each(known)("is one object to OpenAI's SDK: $name", async (recording) => {
    const read = await readBy<object>(
      recording,
      (url) => openai(url).chat.completions.create({ model, messages }),
      (url) =>
        openai(url)
          .chat.completions.stream({ model, messages, stream_options: { include_usage: true } })
          .finalChatCompletion(),
    );
    // The helper adds what it made of a content that was to be JSON, and leaves an empty fingerprint out.
    const plain = (value: object): unknown => {
      const text = JSON.stringify(value).replaceAll(/,"(?:parsed|system_fingerprint)":null/g, "");
      return JSON.parse(text) as unknown;
    };
    expect(plain(read.stream)).toEqual(plain(read.whole));
  });

  it.each(recordings)("is one message to LangChain: $name", async (recording) => {
    const chat = (url: string): ChatOpenAI =>
      new ChatOpenAI({
        model,
        apiKey: "sk-test",
        maxRetries: 0,
        configuration: { baseURL: `${url}/v1` },
        useResponsesApi: false,
      });
    const question = [new HumanMessage("hi")];
    const read = await readBy<AIMessage | AIMessageChunk>(
      recording,
      (url) => chat(url).invoke(question),
      async (url) => {
        let joined: AIMessageChunk | undefined;
        for await (const chunk of await chat(url).stream(question)) joined = joined?.concat(chunk) ?? chunk;
        return joined!;
      },
    );
    const said = (message: AIMessage | AIMessageChunk): unknown => ({
      id: message.id,
      content: message.content,
      calls: message.tool_calls,
      broken: message.invalid_tool_calls,
      // Of an answer without usage it makes one in which nothing stands.
      tokens: (message.usage_metadata as { output_tokens?: number } | undefined)?.output_tokens,
      reasoning: message.additional_kwargs["reasoning_content"],
      finish: message.response_metadata["finish_reason"],
    });
    expect(said(read.stream)).toEqual(said(read.whole));
  });

  it.each(recordings)("is one result to the AI SDK: $name", async (recording) => {
    const asked = (url: string) => ({
      model: createOpenAI({ apiKey: "sk-test", baseURL: `${url}/v1` }).chat(model),
      prompt: "hi",
      maxRetries: 0,
      tools: { get_weather: { inputSchema: jsonSchema<Record<string, unknown>>(parameters as object) } },
    });
    const read = await readBy<unknown>(
      recording,
      async (url) => {
        const { text, toolCalls, usage, finishReason, sources, providerMetadata, response } =
          await generateText(asked(url));
        const urls = sources.map((source) => (source.sourceType === "url" ? source.url : source));
        return { text, toolCalls, usage, finishReason, urls, providerMetadata, id: response.id };
      },
      async (url) => {
        const result = streamText(asked(url));
        await result.consumeStream();
        const urls = (await result.sources).map((source) =>
          source.sourceType === "url" ? source.url : source,
        );
        return {
          text: await result.text,
          toolCalls: await result.toolCalls,
          usage: await result.usage,
          finishReason: await result.finishReason,
          urls,
          providerMetadata: await result.providerMetadata,
          id: (await result.response).id,
        };
      },
    );
    expect(read.stream).toEqual(read.whole);
  });

  it("lets OpenAI's tool runner call the same tools, whichever form was recorded", async () => {
    const turns = [
      { json: answerOf(callsTwice, { finish_reason: "tool_calls" }) },
      { sse: fixture("usage.sse") },
    ];
    const run = async (streams: boolean): Promise<unknown> => {
      await using provider = await replaying(turns);
      const cities: string[] = [];
      const tool = {
        type: "function" as const,
        function: {
          name: "get_weather",
          description: "Current weather",
          parameters,
          parse: JSON.parse as (text: string) => { city: string },
          function: ({ city }: { city: string }) => {
            cities.push(city);
            return "18 °C";
          },
        },
      };
      const { completions } = openai(provider.url).chat;
      const runner = streams
        ? completions.runTools({ model, messages, tools: [tool], stream: true })
        : completions.runTools({ model, messages, tools: [tool] });
      const content = await runner.finalContent();
      return { content, cities: cities.sort(), bodies: provider.bodies.length };
    };
    const expected = { content: "Hello! How can I help you today?", cities: ["Paris", "Tokyo"], bodies: 2 };
    expect(await run(true)).toEqual(expected);
    expect(await run(false)).toEqual(expected);
  });
});
