import Anthropic from "@anthropic-ai/sdk";
import { ChatAnthropic } from "@langchain/anthropic";
import { afterEach, describe, expect, it } from "vitest";
import type { Script } from "../../examples/provider/answer.ts";
import { startProvider, type Provider, type ProviderOptions } from "../../examples/provider/provider.ts";

const weather: Anthropic.Tool = {
  name: "get_weather",
  input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const hello = {
  model: "claude-sonnet-5-5",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Hello" }],
};

let provider: Provider;
afterEach(() => provider.close());

async function clientFor(script?: Script, options?: ProviderOptions): Promise<Anthropic> {
  provider = await startProvider(script, options);
  return new Anthropic({ baseURL: provider.url, apiKey: "sk-test", maxRetries: 0 });
}

describe("the provider, as the Anthropic SDK sees it", () => {
  it("thinks, speaks and calls, equal in both modes", async () => {
    const answer = {
      content: [
        { thinking: "The user wants the weather." },
        { redacted: "hidden" },
        { text: "Looking it up 👀 for you." },
        { call: { id: "toolu_a", name: "get_weather", arguments: { city: "Oslo" } } },
        { call: { id: "toolu_b", name: "get_weather", arguments: { city: "Paris" } } },
      ],
      usage: { input: 11, output: 22, cacheRead: 3 },
    };
    const client = await clientFor([answer, answer]);
    const request = { ...hello, tools: [weather] };

    const whole = await client.messages.create(request);
    const streamed = await client.messages.stream(request).finalMessage();

    expect(streamed.content).toEqual(whole.content);
    expect(whole.content.map((block) => block.type)).toEqual([
      "thinking",
      "redacted_thinking",
      "text",
      "tool_use",
      "tool_use",
    ]);
    for (const message of [whole, streamed]) {
      expect(message.stop_reason).toBe("tool_use");
      expect(message.usage).toMatchObject({
        input_tokens: 11,
        output_tokens: 22,
        cache_read_input_tokens: 3,
      });
    }
  });

  it("shows broken arguments as they are in a stream, and odd numbers as they are in both", async () => {
    const odd = '{"city":"Oslo","n":12345678901234567890,"x":2.50}';
    const client = await clientFor([
      { calls: [{ name: "get_weather", arguments: '{"city":"Os' }], finish: "length" },
      { calls: [{ name: "get_weather", arguments: odd }] },
    ]);

    let seen = "";
    let finish: string | null = null;
    for await (const part of await client.messages.create({ ...hello, stream: true })) {
      if (part.type === "content_block_delta" && part.delta.type === "input_json_delta")
        seen += part.delta.partial_json;
      if (part.type === "message_delta") finish = part.delta.stop_reason;
    }
    expect([seen, finish]).toEqual(['{"city":"Os', "max_tokens"]);

    const raw = await client.messages.create(hello).asResponse();
    expect(await raw.text()).toContain(`"input":${odd}`);
  });

  it("refuses, and fails with its own error types, whole and inside a stream", async () => {
    const client = await clientFor([
      { text: "Sure, here", finish: "refusal" },
      { error: { status: 529, message: "Overloaded" } },
      { text: "One two three four", errorAfterEvents: 4 },
    ]);

    const refusal = await client.messages.stream(hello).finalMessage();
    expect([refusal.stop_reason, refusal.content[0]]).toMatchObject(["refusal", { text: "Sure, here" }]);
    await expect(client.messages.create(hello)).rejects.toMatchObject({
      status: 529,
      type: "overloaded_error",
    });
    await expect(client.messages.stream(hello).finalMessage()).rejects.toThrow("Overloaded");
  });

  it("survives every harmless oddity: bytes one by one, compression, unknown fields and events", async () => {
    const text = "Hello, wörld 👋";
    const client = await clientFor([
      { text, chunkBytes: 1 },
      { text, gzip: true },
      { text, extras: true },
      { text, extraEvents: true },
    ]);

    for (let turn = 0; turn < 4; turn++) {
      const message = await client.messages.stream(hello).finalMessage();
      expect(message.content[0]).toMatchObject({ text });
    }
  });

  it("makes the SDK's tool runner fall back from threads to the whole history", async () => {
    const client = await clientFor();
    const runner = client.beta.messages.toolRunner({
      ...hello,
      tools: [{ ...weather, type: "custom", run: () => "Sunny", parse: (input: unknown) => input }],
    });

    const final = await runner;
    expect(final.content[0]).toMatchObject({ text: "The tool said: Sunny" });
    expect(provider.requests.filter((request) => request.status === 200)).toHaveLength(2);
  });

  it("is read by LangChain, whole and streamed, under the older version", async () => {
    await clientFor((request) =>
      request.index < 2
        ? { text: "Hm.", calls: [{ name: "get_weather", arguments: { city: "Oslo" } }] }
        : { text: "Done." },
    );
    const model = new ChatAnthropic({
      model: "claude-sonnet-5-5",
      apiKey: "sk-test",
      anthropicApiUrl: provider.url,
    });
    const tooled = model.bindTools([weather]);

    expect((await tooled.invoke("Weather?")).tool_calls?.[0]?.args).toEqual({ city: "Oslo" });
    let streamed = 0;
    for await (const chunk of await tooled.stream("Weather?"))
      streamed += chunk.tool_call_chunks?.length ?? 0;
    expect(streamed).toBeGreaterThan(1);
    expect((await model.invoke("Bye")).text).toBe("Done.");
    expect(provider.requests[0]?.headers["anthropic-version"]).toBe("2023-06-01");
  });
});

type Block = Record<string, unknown>;
interface Turn {
  role: string;
  content: string | Block[];
}
const user: Turn = { role: "user", content: "Hi" };
const use = (id: string): Block => ({ type: "tool_use", id, name: "get_weather", input: {} });
const result = (id: string): Block => ({ type: "tool_result", tool_use_id: id, content: "sunny" });
const said = (...content: Block[]): Turn => ({ role: "assistant", content });
const back = (...content: Block[]): Turn => ({ role: "user", content });
const text: Block = { type: "text", text: "and" };

async function post(
  body: Record<string, unknown>,
  version = "2026-10-21",
  betas = "",
): Promise<{ status: number; message: string }> {
  const answer = await fetch(`${provider.url}/v1/messages`, {
    method: "POST",
    headers: { "anthropic-version": version, "anthropic-beta": betas },
    body: JSON.stringify({ model: "claude-sonnet-5-5", max_tokens: 10, tools: [weather], ...body }),
  });
  const parsed = (await answer.json()) as { error?: { message: string } };
  return { status: answer.status, message: parsed.error?.message ?? "" };
}

describe("the provider, as strict as Anthropic", () => {
  it.each<[string, Turn[], string]>([
    [
      "a call without its result",
      [user, said(use("a"), use("b")), back(result("a"))],
      "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: b. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
    ],
    [
      "a result behind text",
      [user, said(use("a")), back(text, result("a"))],
      "messages.1: `tool_use` ids were found without",
    ],
    ["a call at the very end", [user, said(use("a"))], "messages.1: `tool_use` ids were found without"],
    [
      "a result without its call",
      [user, said(text), back(result("a"))],
      "messages.2.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
    ],
    ["a result first of all", [back(result("a"))], "messages.0.content.0: unexpected `tool_use_id`"],
    [
      "two results of one call",
      [user, said(use("a")), back(result("a"), result("a"))],
      "each tool_use must have a single result",
    ],
    [
      "an id used twice",
      [user, said(use("a")), back(result("a")), said(use("a")), back(result("a"))],
      "`tool_use` ids must be unique",
    ],
    ["a call of the user", [back(use("a"))], "can only be in `assistant` messages"],
    [
      "input that is no object",
      [user, said({ ...use("a"), input: "x" }), back(result("a"))],
      "Input should be a valid dictionary",
    ],
    [
      "an empty text",
      [user, said({ type: "text", text: "" }), user],
      "text content blocks must be non-empty",
    ],
    ["an empty message", [user, said(), user], "messages.1: all messages must have non-empty content"],
    ["an answer before any question", [said(text), user], 'first message must use the "user" role'],
    [
      "a server tool's result alone",
      [user, said({ type: "web_search_tool_result", tool_use_id: "s" }), user],
      "corresponding `server_tool_use` block before it",
    ],
  ])("refuses %s", async (_, messages, sentence) => {
    await clientFor([{ text: "never said" }]);
    expect(await post({ messages })).toEqual({ status: 400, message: expect.stringContaining(sentence) });
  });

  it("accepts results spread over messages of one role, text behind them, and system messages", async () => {
    await clientFor([{ text: "fine" }, { text: "fine" }]);
    const messages = [user, said(text), said(use("a"), use("b")), back(result("b")), back(result("a"), text)];
    expect((await post({ messages })).status).toBe(200);
    expect((await post({ messages: [...messages, { role: "system", content: "Be brief." }] })).status).toBe(
      200,
    );
  });

  it("knows what each version has", async () => {
    await clientFor([{ text: "fine" }, { text: "fine" }, { text: "fine" }]);
    const system = [user, { role: "system", content: "Be brief." }];
    expect((await post({ messages: system }, "2023-06-01")).message).toContain('Unexpected role "system"');
    const beta = "a-2026-01-01,mid-conversation-tool-changes-2026-07-01";
    expect((await post({ messages: system }, "2023-06-01", beta)).status).toBe(200);
    expect((await post({ messages: [user], temperature: 1 })).message).toContain("temperature");
    expect((await post({ messages: [user], temperature: 1 }, "2023-06-01")).status).toBe(200);
    expect((await post({ messages: [user] }, "1999-01-01")).message).toContain("not a valid version");
  });

  it("refuses calls in the history of a request that offers no tool", async () => {
    await clientFor([]);
    const messages = [user, said(use("a")), back(result("a"))];
    expect((await post({ messages, tools: [] })).message).toContain("must define tools");
  });
});

describe("a provider that binds thinking to its history", () => {
  const question = { model: "claude-sonnet-5-5", max_tokens: 10, system: "Be brief.", tools: [weather] };
  const thought = { thinking: "Hm.", calls: [{ id: "a", name: "get_weather", arguments: { city: "Oslo" } }] };

  /** A first turn, and the messages that a client sends for the second. */
  async function secondTurn(client: Anthropic): Promise<Anthropic.MessageParam[]> {
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: "Weather?" }];
    const first = await client.messages.stream({ ...question, messages }).finalMessage();
    return [
      ...messages,
      { role: "assistant", content: first.content },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "Sunny" }] },
    ];
  }

  it("accepts the untouched history, in another spelling too, and thinking left out", async () => {
    const client = await clientFor(() => thought, { bindThinking: true });
    const messages = await secondTurn(client);
    const spelled = [
      { role: "user" as const, content: [{ type: "text" as const, text: "Weather?" }] },
      ...messages.slice(1),
    ];
    const accepted = { type: "message" };
    await expect(client.messages.create({ ...question, messages: spelled })).resolves.toMatchObject(accepted);

    const answer = messages[1];
    if (typeof answer?.content === "string" || answer === undefined) throw new Error("no blocks");
    const spoken = answer.content.filter((block) => block.type !== "thinking");
    const silent: Anthropic.MessageParam = { role: "assistant", content: spoken };
    const other = { ...question, system: "Other.", messages: messages.with(1, silent) };
    await expect(client.messages.create(other)).resolves.toMatchObject(accepted);
  });

  it.each<
    [string, (turn: { system: string; tools: Anthropic.Tool[]; messages: Anthropic.MessageParam[] }) => void]
  >([
    ["the system prompt", (turn) => (turn.system = "Be brief!")],
    ["a tool", (turn) => (turn.tools = [{ ...weather, description: "new" }])],
    ["an earlier message", (turn) => (turn.messages[0] = { role: "user", content: "weather?" })],
    ["an inserted message", (turn) => turn.messages.unshift({ role: "user", content: "First" })],
    [
      "the thinking itself",
      (turn) => {
        turn.messages = JSON.parse(
          JSON.stringify(turn.messages).replace("Hm.", "Hmm."),
        ) as Anthropic.MessageParam[];
      },
    ],
  ])("refuses a change of %s", async (_, change) => {
    const client = await clientFor(() => thought, { bindThinking: true });
    const turn = { system: question.system, tools: [weather], messages: await secondTurn(client) };
    change(turn);
    await expect(client.messages.create({ ...question, ...turn })).rejects.toThrow(
      "bound to a different prefix",
    );
  });

  it("drops what no longer fits where the client asked for that", async () => {
    const client = await clientFor(() => thought, { bindThinking: true });
    const messages = await secondTurn(client);
    const answer = await client.beta.messages.create({
      ...question,
      system: "Other.",
      messages,
      betas: ["thinking-binding-controls-2026-08-01"],
      thinking: { type: "adaptive", block_binding: { prefix_mismatch_behavior: "drop_block" } },
    });
    expect(answer.input_transformations).toEqual([
      { type: "thinking_dropped", path: "messages.1.content.0", reason: "prefix_binding_mismatch" },
    ]);
  });

  it("accepts the thinking of the last turn where that of an earlier one was left out", async () => {
    const client = await clientFor((request) => (request.index === 0 ? thought : { ...thought, calls: [] }), {
      bindThinking: true,
    });
    const messages = await secondTurn(client);
    const second = await client.messages.create({ ...question, messages });
    messages.push({ role: "assistant", content: second.content }, { role: "user", content: "Thanks" });

    const first = messages[1]?.content;
    if (typeof first === "string" || first === undefined) throw new Error("no blocks");
    const forgetful = messages.with(1, { role: "assistant", content: first.slice(1) });
    const third = client.messages.create({ ...question, messages: forgetful });
    await expect(third).resolves.toMatchObject({ type: "message" });
  });

  it("allows a change behind the last thinking", async () => {
    const client = await clientFor(() => thought, { bindThinking: true });
    const messages = await secondTurn(client);
    messages[2] = {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "a", content: "Framed: sunny" }],
    };
    const next = client.messages.create({ ...question, messages });
    await expect(next).resolves.toMatchObject({ type: "message" });
  });
});
