import Anthropic from "@anthropic-ai/sdk";
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

type Params = Pick<Anthropic.MessageCreateParams, "model" | "max_tokens" | "system" | "messages" | "tools">;
interface Answer {
  readonly stop_reason: string | null;
  readonly content: readonly (Anthropic.ContentBlock | Anthropic.Beta.BetaContentBlock)[];
  readonly usage: Pick<Anthropic.Usage, "input_tokens" | "output_tokens">;
}

function anthropic({ url, apiKey, retriesMax, fetch }: ChatSettings): Anthropic {
  return new Anthropic({
    baseURL: url,
    apiKey,
    ...(retriesMax === undefined ? {} : { maxRetries: retriesMax }),
    ...(fetch === undefined ? {} : { fetch }),
  });
}

const tools = offers.map(({ name, description, schema }) => ({ name, description, input_schema: schema }));

function paramsOf({ model }: ChatSettings): Omit<Params, "messages"> {
  return { model: model ?? dialects["anthropic-messages"].model, max_tokens: 1024, system, tools };
}

function turnOf(message: Answer): Omit<Turn, "calls"> {
  return {
    text: message.content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    finish: message.stop_reason ?? undefined,
    inputTokens: message.usage.input_tokens,
    outputTokens: message.usage.output_tokens,
    whole: message,
  };
}

function callsIn({ content }: Answer): { id: string; name: string; arguments: unknown }[] {
  return content.flatMap((block) =>
    block.type === "tool_use" ? [{ id: block.id, name: block.name, arguments: block.input }] : [],
  );
}

function completed(message: Anthropic.Message): Completed<Anthropic.MessageParam> {
  return {
    turn: turnOf(message),
    calls: callsIn(message),
    said: [{ role: "assistant", content: message.content }],
  };
}

/** A client whose user writes the loop; `complete` is the way in which it asks. */
function loopClient(
  name: string,
  streams: boolean,
  complete: (client: Anthropic, params: Params, pieces: unknown[]) => Promise<Anthropic.Message>,
): Client {
  return {
    name,
    family: "anthropic",
    protocol: "anthropic-messages",
    streams,
    open(settings) {
      const client = anthropic(settings);
      const params = paramsOf(settings);
      return toolLoop<Anthropic.MessageParam>(settings, {
        begin: () => [],
        user: (text) => ({ role: "user", content: text }),
        results: (results) => [
          {
            role: "user",
            content: results.map(({ id, text }) => ({ type: "tool_result", tool_use_id: id, content: text })),
          },
        ],
        complete: async (messages, pieces) =>
          completed(await complete(client, { ...params, messages: [...messages] }, pieces)),
      });
    },
  };
}

async function helper(client: Anthropic, params: Params, pieces: unknown[]): Promise<Anthropic.Message> {
  const stream = client.messages.stream(params);
  stream.on("streamEvent", (event) => {
    if (event.type === "content_block_start" && event.content_block.type === "tool_use") pieces.push(event);
  });
  return stream.finalMessage();
}

/** The SDK's own loop, with what it does by default: message threads. */
function runnerClient(name: string, streams: boolean): Client {
  const open = (settings: ChatSettings): Chat => runnerChat(settings, streams);
  return { name, family: "anthropic", protocol: "anthropic-messages", streams, vainRequests: 1, open };
}

function runnerChat(settings: ChatSettings, streams: boolean): Chat {
  const client = anthropic(settings);
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const pieces: unknown[] = [];
  let messages: Anthropic.Beta.BetaMessageParam[] = [];
  const runnable = tools.map((tool) => ({
    ...tool,
    type: "custom" as const,
    parse: (input: unknown) => input,
    run: (input: unknown) => {
      const call = { name: tool.name, arguments: input };
      ran.push(call);
      return settings.run(call);
    },
  }));
  return {
    turns,
    ran,
    pieces,
    async ask(question) {
      messages.push({ role: "user", content: question });
      const runner = client.beta.messages.toolRunner({
        ...paramsOf(settings),
        messages,
        tools: runnable,
        stream: streams,
      });
      let last: Anthropic.Beta.BetaMessage | undefined;
      for await (const item of runner) {
        if ("finalMessage" in item) {
          item.on("streamEvent", (event) => {
            if (event.type === "content_block_start" && event.content_block.type === "tool_use")
              pieces.push(event);
          });
        }
        last = "finalMessage" in item ? await item.finalMessage() : item;
        turns.push({ ...turnOf(last), calls: callsIn(last).map(plain) });
      }
      if (last === undefined) throw new Error("The runner gave no message.");
      const kept = [...runner.params.messages];
      if (kept.at(-1)?.role !== "assistant") kept.push({ role: "assistant", content: last.content });
      messages = kept;
      return turnOf(last).text;
    },
  };
}

export const anthropicClients: readonly Client[] = [
  loopClient("anthropic create", false, (client, params) =>
    client.messages.create({ ...params, stream: false }),
  ),
  loopClient("anthropic stream()", true, helper),
];

export const anthropicRunners: readonly Client[] = [
  runnerClient("anthropic toolRunner", false),
  runnerClient("anthropic toolRunner({ stream: true })", true),
];
