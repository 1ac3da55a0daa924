import { HumanMessage, ToolMessage, type AIMessage, type AIMessageChunk } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import OpenAI from "openai";
import type { ChatCompletion, ChatCompletionMessageParam, ChatCompletionTool } from "openai/resources";
import type { Consumer, Seen } from "../../conformance/protocol/consumer.ts";

const model = "gpt-5.4-mini";
const question = "What is the weather in Paris?";
const tools: ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "Current weather",
      parameters: { type: "object", properties: { city: { type: "string" }, unit: { type: "string" } } },
    },
  },
];

type Message = ChatCompletion["choices"][number]["message"];

function seenIn(message: Message, usage: { completion_tokens: number } | null | undefined): Seen {
  return {
    text: (message.content ?? "") + (message.refusal ?? ""),
    calls: (message.tool_calls ?? []).map((call) =>
      call.type === "function"
        ? { name: call.function.name, arguments: JSON.parse(call.function.arguments) as unknown }
        : { name: call.custom.name, arguments: call.custom.input },
    ),
    outputTokens: usage?.completion_tokens,
  };
}

/** Runs one or two turns with OpenAI's SDK; `complete` is the way in which it is asked. */
function openaiConsumer(
  name: string,
  streams: boolean,
  complete: (
    client: OpenAI,
    messages: ChatCompletionMessageParam[],
  ) => Promise<Pick<ChatCompletion, "choices" | "usage">>,
): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const client = new OpenAI({ apiKey: "sk-test", baseURL: `${baseUrl}/v1` });
      const messages: ChatCompletionMessageParam[] = [{ role: "user", content: question }];
      const { choices, usage } = await complete(client, messages);
      const { message } = choices[0]!;
      if (replay) {
        const results = (message.tool_calls ?? []).map(
          ({ id }) => ({ role: "tool", tool_call_id: id, content: "done" }) as const,
        );
        await complete(client, [...messages, message, ...results]);
      }
      return seenIn(message, usage);
    },
  };
}

/** Puts chunks together as an agent without the SDK's helper does. */
async function joinChunks(client: OpenAI, messages: ChatCompletionMessageParam[]) {
  const stream_options = { include_usage: true };
  const stream = await client.chat.completions.create({
    model,
    messages,
    tools,
    stream: true,
    stream_options,
  });
  let content = "";
  let refusal = "";
  let finish: string | null = null;
  let usage: ChatCompletion["usage"];
  const calls: { id: string; type: "function"; function: { name: string; arguments: string } }[] = [];
  for await (const chunk of stream) {
    if (chunk.usage) usage = chunk.usage;
    const [choice] = chunk.choices;
    if (choice === undefined) continue;
    if (choice.finish_reason !== null && finish !== null) throw new Error("The answer finished twice.");
    finish ??= choice.finish_reason;
    content += choice.delta.content ?? "";
    refusal += choice.delta.refusal ?? "";
    for (const { index, id, function: called } of choice.delta.tool_calls ?? []) {
      calls[index] ??= { id: id!, type: "function", function: { name: called!.name!, arguments: "" } };
      calls[index].function.arguments += called?.arguments ?? "";
    }
  }
  if (finish === null) throw new Error("The answer never finished.");
  const message: Message = {
    role: "assistant",
    content: content === "" ? null : content,
    refusal: refusal === "" ? null : refusal,
    ...(calls.length > 0 && { tool_calls: calls }),
  };
  return {
    choices: [{ index: 0, message, finish_reason: "stop" as const, logprobs: null }],
    ...(usage && { usage }),
  };
}

function langchainConsumer(
  name: string,
  streams: boolean,
  complete: (
    chat: ReturnType<ChatOpenAI["bindTools"]>,
    messages: (HumanMessage | AIMessage | AIMessageChunk | ToolMessage)[],
  ) => Promise<AIMessage | AIMessageChunk>,
): Consumer {
  return {
    name,
    streams,
    async ask(baseUrl, replay) {
      const configuration = { baseURL: `${baseUrl}/v1` };
      const chat = new ChatOpenAI({
        model,
        apiKey: "sk-test",
        configuration,
        useResponsesApi: false,
      }).bindTools(tools);
      const messages = [new HumanMessage(question)];
      const answer = await complete(chat, messages);
      const calls = answer.tool_calls ?? [];
      if (answer.invalid_tool_calls?.length) throw new Error("LangChain found a call that it cannot read.");
      if (replay) {
        const results = calls.map(({ id }) => new ToolMessage({ tool_call_id: id!, content: "done" }));
        await complete(chat, [...messages, answer, ...results]);
      }
      const usage = answer.usage_metadata as { output_tokens: number } | undefined;
      return {
        text: answer.text,
        calls: calls.map((call) => ({ name: call.name, arguments: call.args })),
        outputTokens: usage?.output_tokens,
      };
    },
  };
}

export const consumers: readonly Consumer[] = [
  openaiConsumer("openai create", false, (client, messages) =>
    client.chat.completions.create({ model, messages, tools }),
  ),
  openaiConsumer("openai create({ stream: true })", true, joinChunks),
  openaiConsumer("openai stream()", true, (client, messages) =>
    client.chat.completions.stream({ model, messages, tools }).finalChatCompletion(),
  ),
  langchainConsumer("LangChain invoke", false, (chat, messages) => chat.invoke(messages)),
  langchainConsumer("LangChain stream", true, async (chat, messages) => {
    let joined: AIMessageChunk | undefined;
    for await (const chunk of await chat.stream(messages)) joined = joined?.concat(chunk) ?? chunk;
    if (joined === undefined) throw new Error("The stream was empty.");
    return joined;
  }),
];
