import type Anthropic from "@anthropic-ai/sdk";
import type { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage, ToolMessage, type AIMessage, type AIMessageChunk } from "@langchain/core/messages";
import type { Consumer, Seen } from "../../conformance/protocol/consumer.ts";
import { anthropic, langchain, request, runnable, weather } from "./clients.ts";

type Message = Pick<Anthropic.Message, "content" | "usage">;
type Params = Pick<Anthropic.MessageCreateParams, "model" | "max_tokens" | "messages" | "tools">;

function seenIn({ content, usage }: Message | Pick<Anthropic.Beta.BetaMessage, "content" | "usage">): Seen {
  const blocks: readonly (Message["content"][number] | Anthropic.Beta.BetaContentBlock)[] = content;
  return {
    text: blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join(""),
    calls: blocks.flatMap((block) =>
      block.type === "tool_use" ? [{ name: block.name, arguments: block.input }] : [],
    ),
    outputTokens: usage.output_tokens,
  };
}

/** Runs one or two turns with Anthropic's SDK; `complete` is the way in which it is asked. */
function sdkConsumer(
  name: string,
  streams: boolean,
  complete: (client: Anthropic, params: Params) => Promise<Message>,
): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const client = anthropic(baseUrl, 2);
      const first = await complete(client, { ...request, tools: [weather] });
      if (replay) {
        const results = first.content.flatMap((block) =>
          block.type === "tool_use"
            ? [{ type: "tool_result" as const, tool_use_id: block.id, content: "done" }]
            : [],
        );
        const next = results.length > 0 ? results : "go on";
        const { content } = first;
        await complete(client, {
          ...request,
          tools: [weather],
          messages: [...request.messages, { role: "assistant", content }, { role: "user", content: next }],
        });
      }
      return seenIn(first);
    },
  };
}

/** The SDK's own loop: it runs the tools and sends the history by itself. */
function runnerConsumer(name: string, streams: boolean): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const runner = anthropic(baseUrl, 2).beta.messages.toolRunner({
        ...request,
        thread: false,
        stream: streams,
        max_iterations: replay ? 2 : 1,
        tools: [runnable(() => "done")],
      });
      const seen: Seen[] = [];
      for await (const item of runner) {
        const message = "finalMessage" in item ? await item.finalMessage() : item;
        seen.push(seenIn(message));
        // Without a call the loop would end here, and nothing would come back.
        if (replay && seen.length === 1 && message.stop_reason !== "tool_use") {
          const { content } = message;
          runner.pushMessages({ role: "assistant", content }, { role: "user", content: "go on" });
        }
      }
      const [first] = seen;
      if (first === undefined) throw new Error("The runner gave no message.");
      return first;
    },
  };
}

function langchainConsumer(
  name: string,
  streams: boolean,
  complete: (
    chat: ReturnType<ChatAnthropic["bindTools"]>,
    messages: (HumanMessage | AIMessage | AIMessageChunk | ToolMessage)[],
  ) => Promise<AIMessage | AIMessageChunk>,
): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const chat = langchain(baseUrl, streams);
      const messages = [new HumanMessage("w?")];
      const answer = await complete(chat, messages);
      const calls = answer.tool_calls ?? [];
      if (answer.invalid_tool_calls?.length) throw new Error("LangChain found a call that it cannot read.");
      if (replay) {
        const results = calls.map(({ id }) => new ToolMessage({ tool_call_id: id ?? "", content: "done" }));
        const next = results.length > 0 ? results : [new HumanMessage("go on")];
        await complete(chat, [...messages, answer, ...next]);
      }
      // LangChain adds the tokens of the opening event to the total of the last one.
      const usage = answer.usage_metadata as { output_tokens: number } | undefined;
      const outputTokens = streams ? undefined : usage?.output_tokens;
      return {
        text: answer.text,
        calls: calls.map((call) => ({ name: call.name, arguments: call.args })),
        outputTokens,
      };
    },
  };
}

export const consumers: readonly Consumer[] = [
  sdkConsumer("anthropic create", false, (client, params) =>
    client.messages.create({ ...params, stream: false }),
  ),
  sdkConsumer("anthropic stream()", true, (client, params) => client.messages.stream(params).finalMessage()),
  runnerConsumer("anthropic tool runner", false),
  runnerConsumer("anthropic tool runner, streaming", true),
  langchainConsumer("LangChain invoke", false, (chat, messages) => chat.invoke(messages)),
  langchainConsumer("LangChain stream", true, async (chat, messages) => {
    let joined: AIMessageChunk | undefined;
    for await (const chunk of await chat.stream(messages)) joined = joined?.concat(chunk) ?? chunk;
    if (joined === undefined) throw new Error("The stream was empty.");
    return joined;
  }),
];
