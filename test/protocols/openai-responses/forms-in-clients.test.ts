import type { AIMessageChunk } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { describe, expect, it } from "vitest";
import { streamOf } from "../../../src/protocols/openai-responses/stream-of-whole.ts";
import { startProvider, stream } from "../../conformance/protocol/provider.ts";
import { fixture } from "./traffic.ts";

/** What LangChain puts together of a stream. */
async function langchainMessage(sse: string): Promise<unknown> {
  await using provider = await startProvider(stream(sse));
  const configuration = { baseURL: `${provider.url}/v1` };
  const chat = new ChatOpenAI({
    model: "m",
    apiKey: "k",
    maxRetries: 0,
    useResponsesApi: true,
    configuration,
  });
  let joined: AIMessageChunk | undefined;
  for await (const chunk of await chat.stream("?")) joined = joined?.concat(chunk) ?? chunk;
  return joined?.toDict().data;
}

const recorded = [
  "text",
  "usage",
  "length",
  "length-in-tool-call",
  "refusal",
  "text-and-tool-call",
  "thinking-and-tool-call",
  "tool-calls-parallel",
  "custom-tool-call",
  "mcp-call",
];

describe("a whole answer as a stream, in LangChain", () => {
  it.each(recorded)("is the message that the provider's own stream is: %s", async (name) => {
    const made = streamOf(fixture(`${name}.json`)) ?? "";
    expect(await langchainMessage(made)).toEqual(await langchainMessage(fixture(`${name}.sse`)));
  });
});
