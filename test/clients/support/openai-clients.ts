import OpenAI from "openai";
import {
  offers,
  system,
  type Chat,
  type ChatSettings,
  type Client,
  type PlainCall,
  type Turn,
} from "./client.ts";
import { dialects } from "./dialects.ts";
import { plain, toolLoop, type Completed } from "./tool-loop.ts";

type Message = OpenAI.ChatCompletionMessageParam;
type Params = Pick<OpenAI.ChatCompletionCreateParams, "model" | "messages" | "tools">;

function openai({ url, apiKey, retriesMax, fetch }: ChatSettings): OpenAI {
  return new OpenAI({
    baseURL: `${url}/v1`,
    apiKey,
    ...(retriesMax === undefined ? {} : { maxRetries: retriesMax }),
    ...(fetch === undefined ? {} : { fetch }),
  });
}

const tools = offers.map(({ name, description, schema }) => ({
  type: "function" as const,
  function: { name, description, parameters: schema },
}));

function completed(completion: OpenAI.ChatCompletion): Completed<Message> {
  const [choice] = completion.choices;
  if (choice === undefined) throw new Error("The model said nothing.");
  const calls = (choice.message.tool_calls ?? []).filter((call) => call.type === "function");
  return {
    turn: turnOf(completion),
    calls: calls.map(({ id, function: { name, arguments: text } }) => ({
      id,
      name,
      arguments: JSON.parse(text) as unknown,
    })),
    said: [choice.message],
  };
}

function turnOf(completion: OpenAI.ChatCompletion): Omit<Turn, "calls"> {
  const [choice] = completion.choices;
  return {
    text: choice?.message.content ?? "",
    finish: choice?.finish_reason,
    inputTokens: completion.usage?.prompt_tokens,
    outputTokens: completion.usage?.completion_tokens,
    whole: completion,
  };
}

/** A client whose user writes the loop; `complete` is the way in which it asks. */
function loopClient(
  name: string,
  streams: boolean,
  complete: (client: OpenAI, params: Params, pieces: unknown[]) => Promise<OpenAI.ChatCompletion>,
): Client {
  return {
    name,
    family: "openai",
    protocol: "openai-chat",
    streams,
    open(settings) {
      const client = openai(settings);
      const model = settings.model ?? dialects["openai-chat"].model;
      return toolLoop<Message>(settings, {
        begin: () => [{ role: "system", content: system }],
        user: (text) => ({ role: "user", content: text }),
        results: (results) =>
          results.map(({ id, text }) => ({ role: "tool", tool_call_id: id, content: text })),
        complete: async (messages, pieces) =>
          completed(await complete(client, { model, messages: [...messages], tools }, pieces)),
      });
    },
  };
}

/** Puts chunks together by hand, as an agent without the SDK's helper does. */
async function joinChunks(client: OpenAI, params: Params, pieces: unknown[]): Promise<OpenAI.ChatCompletion> {
  const stream = await client.chat.completions.create({
    ...params,
    stream: true,
    stream_options: { include_usage: true },
  });
  const message: OpenAI.ChatCompletionMessage = { role: "assistant", content: null, refusal: null };
  const calls: OpenAI.ChatCompletionMessageFunctionToolCall[] = [];
  const finishes: OpenAI.ChatCompletion.Choice["finish_reason"][] = [];
  const usages: OpenAI.CompletionUsage[] = [];
  let first: OpenAI.ChatCompletionChunk | undefined;
  for await (const chunk of stream) {
    first ??= chunk;
    if (chunk.usage) usages.push(chunk.usage);
    const [choice] = chunk.choices;
    if (choice === undefined) continue;
    if (choice.finish_reason !== null) finishes.push(choice.finish_reason);
    if (typeof choice.delta.content === "string")
      message.content = (message.content ?? "") + choice.delta.content;
    for (const delta of choice.delta.tool_calls ?? []) {
      pieces.push(delta);
      const call = (calls[delta.index] ??= {
        id: delta.id ?? "",
        type: "function",
        function: { name: delta.function?.name ?? "", arguments: "" },
      });
      call.function.arguments += delta.function?.arguments ?? "";
    }
  }
  const [finish, ...more] = finishes;
  // A stream that ends without a finish was cut, and a careful reader says so.
  if (first === undefined || finish === undefined) throw new Error("The answer never finished.");
  if (more.length > 0 || usages.length !== 1) throw new Error("One finish and one usage are expected.");
  if (calls.length > 0) message.tool_calls = calls;
  return {
    id: first.id,
    created: first.created,
    model: first.model,
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason: finish, logprobs: null }],
    ...(usages[0] === undefined ? {} : { usage: usages[0] }),
  };
}

async function helper(client: OpenAI, params: Params, pieces: unknown[]): Promise<OpenAI.ChatCompletion> {
  const stream = client.chat.completions.stream({ ...params, stream_options: { include_usage: true } });
  stream.on("chunk", (chunk) => pieces.push(...(chunk.choices[0]?.delta.tool_calls ?? [])));
  return stream.finalChatCompletion();
}

/** The SDK's own loop. It asks without usage when it streams. */
function runnerClient(name: string, streams: boolean): Client {
  const open = (settings: ChatSettings): Chat => runnerChat(settings, streams);
  return { name, family: "openai", protocol: "openai-chat", streams, throwsAtTokenLimit: true, open };
}

function runnerChat(settings: ChatSettings, streams: boolean): Chat {
  const client = openai(settings);
  const model = settings.model ?? dialects["openai-chat"].model;
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const pieces: unknown[] = [];
  let messages: Message[] = [{ role: "system", content: system }];
  const runnable = tools.map(({ type, function: described }) => ({
    type,
    function: {
      ...described,
      parse: (text: string) => JSON.parse(text) as unknown,
      function: (args: unknown) => {
        const call = { name: described.name, arguments: args };
        ran.push(call);
        return settings.run(call);
      },
    },
  }));
  const seen = (completion: OpenAI.ChatCompletion): void => {
    const { turn, calls } = completed(completion);
    turns.push({ ...turn, calls: calls.map(plain) });
  };
  return {
    turns,
    ran,
    pieces,
    async ask(question) {
      messages.push({ role: "user", content: question });
      const params = { model, messages, tools: runnable };
      if (streams) {
        const runner = client.chat.completions.runTools({ ...params, stream: true });
        runner.on("chunk", (chunk) => pieces.push(...(chunk.choices[0]?.delta.tool_calls ?? [])));
        runner.on("chatCompletion", seen);
        const said = await runner.finalContent();
        messages = runner.messages;
        return said ?? "";
      }
      const runner = client.chat.completions.runTools(params);
      runner.on("chatCompletion", seen);
      const said = await runner.finalContent();
      messages = runner.messages;
      return said ?? "";
    },
  };
}

export const openaiClients: readonly Client[] = [
  loopClient("openai create", false, (client, params) => client.chat.completions.create(params)),
  loopClient("openai create({ stream: true })", true, joinChunks),
  loopClient("openai stream()", true, helper),
];

export const openaiRunners: readonly Client[] = [
  runnerClient("openai runTools", false),
  runnerClient("openai runTools({ stream: true })", true),
];
