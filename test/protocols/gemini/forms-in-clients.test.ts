import { createGoogle } from "@ai-sdk/google";
import { GoogleGenAI, type GenerateContentResponse, type Part } from "@google/genai";
import { generateText, jsonSchema, streamText } from "ai";
import { describe, expect, it } from "vitest";
import { readPath } from "../../../src/protocols/gemini/path.ts";
import { streamOf } from "../../../src/protocols/gemini/stream-of-whole.ts";
import { wholeOf } from "../../../src/protocols/gemini/whole-of-stream.ts";
import { startAnswering, stream, whole } from "../../conformance/protocol/provider.ts";
import { fixture } from "./traffic.ts";

const model = "gemini-3-flash";

interface Recording {
  readonly name: string;
  readonly json?: string;
  readonly sse?: string;
}

const grounding = {
  webSearchQueries: ["weather"],
  groundingChunks: [{ web: { uri: "https://a.example", title: "A" } }],
};

/** A whole answer that says much. */
function answerOf(parts: readonly unknown[], candidate: object = {}): string {
  const content = { parts, role: "model" };
  return JSON.stringify({
    candidates: [{ content, finishReason: "STOP", index: 0, safetyRatings: [], ...candidate }],
    usageMetadata: {
      promptTokenCount: 5,
      candidatesTokenCount: 9,
      totalTokenCount: 20,
      thoughtsTokenCount: 6,
    },
    modelVersion: model,
    responseId: "r1",
  });
}

const call = { functionCall: { name: "get_weather", args: { city: "Paris" } }, thoughtSignature: "c2ln" };

const recordings: readonly Recording[] = [
  {
    name: "thoughts, text and a call",
    json: answerOf([{ text: "Hm.", thought: true }, { text: "Let me look." }, call]),
  },
  { name: "text with sources", json: answerOf([{ text: "Warm." }], { groundingMetadata: grounding }) },
  { name: "text with a signature", json: answerOf([{ text: "Warm.", thoughtSignature: "c2ln" }]) },
  ...["text", "length", "text-and-tool-call", "thinking-and-tool-call", "tool-calls-parallel"].flatMap(
    (name) => [
      { name: `the stream of ${name}`, sse: fixture(`${name}.sse`) },
      { name: `the whole of ${name}`, json: fixture(`${name}.json`) },
    ],
  ),
];

/** Both forms of what was recorded, as one client reads them. */
async function readBy<Read>(
  { json, sse }: Recording,
  asWhole: (url: string) => Promise<Read>,
  asStream: (url: string) => Promise<Read>,
): Promise<{ readonly whole: Read; readonly stream: Read }> {
  await using provider = await startAnswering(({ path }) => {
    if (readPath(path)?.stream === true) return stream(sse ?? streamOf(json ?? "") ?? "");
    return whole(json ?? wholeOf(sse ?? "") ?? "");
  });
  return { whole: await asWhole(provider.url), stream: await asStream(provider.url) };
}

/** The parts as a user of the SDK puts them together. */
function said(parts: readonly Part[]): unknown {
  const texts = (isThought: boolean): string =>
    parts.map(({ text, thought }) => ((thought === true) === isThought ? (text ?? "") : "")).join("");
  return {
    text: texts(false),
    thoughts: texts(true),
    others: parts.filter(({ text }) => text === undefined),
    signatures: parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []),
  };
}

describe("an answer in both of its forms", () => {
  it.each(recordings)("is one answer to Google's SDK: $name", async (recording) => {
    const client = (url: string): GoogleGenAI =>
      new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: url } });
    const told = (answers: readonly GenerateContentResponse[]): unknown => {
      const candidates = answers.flatMap((answer) => answer.candidates ?? []);
      const last = answers.at(-1);
      return {
        ...(said(candidates.flatMap(({ content }) => content?.parts ?? [])) as object),
        finish: candidates.at(-1)?.finishReason,
        grounding: candidates.at(-1)?.groundingMetadata,
        usage: last?.usageMetadata,
        id: last?.responseId,
        version: last?.modelVersion,
      };
    };
    const read = await readBy<unknown>(
      recording,
      async (url) => told([await client(url).models.generateContent({ model, contents: "hi" })]),
      async (url) =>
        told(
          await Array.fromAsync(await client(url).models.generateContentStream({ model, contents: "hi" })),
        ),
    );
    expect(read.stream).toEqual(read.whole);
  });

  it.each(recordings)("is one result to the AI SDK: $name", async (recording) => {
    const asked = (url: string) => ({
      model: createGoogle({ apiKey: "k", baseURL: `${url}/v1beta` })(model),
      prompt: "hi",
      maxRetries: 0,
      tools: { get_weather: { inputSchema: jsonSchema<Record<string, unknown>>({ type: "object" }) } },
    });
    /** Where the API gives a call no id, the SDK makes one. */
    const named = (calls: readonly { toolName: string; input: unknown }[]): unknown =>
      calls.map(({ toolName, input }) => ({ toolName, input }));
    const read = await readBy<unknown>(
      recording,
      async (url) => {
        const { text, reasoningText, toolCalls, usage, finishReason, sources } = await generateText(
          asked(url),
        );
        return { text, reasoningText, calls: named(toolCalls), usage, finishReason, sources: sources.length };
      },
      async (url) => {
        const result = streamText(asked(url));
        await result.consumeStream();
        return {
          text: await result.text,
          reasoningText: await result.reasoningText,
          calls: named(await result.toolCalls),
          usage: await result.usage,
          finishReason: await result.finishReason,
          sources: (await result.sources).length,
        };
      },
    );
    expect(read.stream).toEqual(read.whole);
  });
});
