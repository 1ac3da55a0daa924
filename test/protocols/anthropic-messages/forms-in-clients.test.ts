import { ChatAnthropic } from "@langchain/anthropic";
import type { AIMessageChunk } from "@langchain/core/messages";
import { describe, expect, it } from "vitest";
import { streamOf } from "../../../src/protocols/anthropic-messages/stream-of-whole.ts";
import { startProvider, stream } from "../../conformance/protocol/provider.ts";
import { fixture } from "./traffic.ts";

/** What LangChain puts together of a stream. */
async function langchainMessage(sse: string): Promise<AIMessageChunk> {
  await using provider = await startProvider(stream(sse));
  const chat = new ChatAnthropic({ model: "m", apiKey: "k", anthropicApiUrl: provider.url, maxRetries: 0 });
  let joined: AIMessageChunk | undefined;
  for await (const chunk of await chat.stream("?")) joined = joined?.concat(chunk) ?? chunk;
  if (joined === undefined) throw new Error("The stream was empty.");
  return joined;
}

const made = (name: string): string => streamOf(fixture(`${name}.json`)) ?? "";

const recorded = [
  "text",
  "usage",
  "length",
  "refusal",
  "refusal-after-text",
  "text-and-tool-call",
  "thinking-and-tool-call",
  "redacted-thinking-and-tool-call",
  "tool-calls-parallel",
  "tool-call-no-args",
];

describe("a whole answer as a stream, in LangChain", () => {
  it.each(recorded)("is the message that the provider's own stream is: %s", async (name) => {
    const said = ({
      content,
      tool_calls,
      invalid_tool_calls,
      additional_kwargs,
    }: AIMessageChunk): unknown => ({
      content,
      tool_calls,
      invalid_tool_calls,
      additional_kwargs,
    });
    expect(said(await langchainMessage(made(name)))).toEqual(
      said(await langchainMessage(fixture(`${name}.sse`))),
    );
  });

  it("counts each output token once, which it does not for the provider's stream", async () => {
    expect((await langchainMessage(made("text"))).usage_metadata).toMatchObject({ output_tokens: 20 });
    expect((await langchainMessage(fixture("text.sse"))).usage_metadata).toMatchObject({ output_tokens: 21 });
  });

  it("has no call of the client in a call over MCP, which it has in the provider's stream", async () => {
    expect((await langchainMessage(made("mcp-call"))).invalid_tool_calls).toEqual([]);
    expect((await langchainMessage(fixture("mcp-call.sse"))).invalid_tool_calls).toHaveLength(1);
  });
});
