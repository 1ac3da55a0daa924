import { ChatOpenAI } from "@langchain/openai";
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import type { Script } from "../../examples/provider/answer.ts";
import { startProvider, type Provider, type ProviderOptions } from "../../examples/provider/provider.ts";

const weather = {
  type: "function",
  function: {
    name: "get_weather",
    parameters: {
      type: "object",
      properties: {
        city: { type: "string", enum: ["Oslo", "Paris"] },
        days: { type: "integer", minimum: 2 },
      },
      required: ["city", "days"],
    },
  },
} as const;
const hello = { model: "gpt-5.4-mini", messages: [{ role: "user" as const, content: "Hello" }] };

let provider: Provider;
afterEach(() => provider.close());

async function clientFor(script?: Script, options?: ProviderOptions): Promise<OpenAI> {
  provider = await startProvider(script, options);
  return new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: "sk-test", maxRetries: 0 });
}

describe("the provider, as the openai SDK sees it", () => {
  it("says a scripted text, whole and streamed, with usage", async () => {
    const answer = { text: "Hello, world 👋 and everybody in it", usage: { input: 7, output: 9 } };
    const client = await clientFor([answer, answer]);

    const whole = await client.chat.completions.create(hello);
    const stream = client.chat.completions.stream({ ...hello, stream_options: { include_usage: true } });
    const streamed = await stream.finalChatCompletion();

    for (const completion of [whole, streamed]) {
      expect(completion.choices[0]?.message.content).toBe(answer.text);
      expect(completion.choices[0]?.finish_reason).toBe("stop");
      expect(completion.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 9, total_tokens: 16 });
    }
    expect(provider.requests.map((request) => request.outcome)).toEqual(["sent", "sent"]);
  });

  it("makes parallel calls behind text and reasoning, equal in both modes", async () => {
    const answer = {
      thinking: "Two cities.",
      text: "Looking.",
      calls: [
        { id: "call_a", name: "get_weather", arguments: { city: "Oslo", days: 2 } },
        { id: "call_b", name: "get_weather", arguments: '{"city": "Atlantis", "moons": 2.50}' },
      ],
    };
    const client = await clientFor([answer, answer]);

    const whole = await client.chat.completions.create({ ...hello, tools: [weather] });
    const streamed = await client.chat.completions
      .stream({ ...hello, tools: [weather] })
      .finalChatCompletion();

    expect(whole.choices[0]?.message).toMatchObject({
      content: "Looking.",
      reasoning_content: "Two cities.",
    });
    for (const completion of [whole, streamed]) {
      expect(completion.choices[0]?.message.tool_calls).toMatchObject([
        { id: "call_a", function: { arguments: '{"city":"Oslo","days":2}' } },
        { id: "call_b", function: { arguments: '{"city": "Atlantis", "moons": 2.50}' } },
      ]);
      expect(completion.choices[0]?.finish_reason).toBe("tool_calls");
    }
  });

  it("refuses, runs out of tokens inside a call, and answers n times", async () => {
    const cut = { calls: [{ name: "get_weather", arguments: '{"city":"Par' }], finish: "length" };
    const client = await clientFor([{ text: "I cannot.", finish: "refusal" }, cut, { text: "yes" }]);

    const refusal = await client.chat.completions.create(hello);
    expect(refusal.choices[0]?.message).toMatchObject({ content: null, refusal: "I cannot." });

    let finish: string | null = null;
    let seen = "";
    for await (const chunk of await client.chat.completions.create({ ...hello, stream: true })) {
      seen += chunk.choices[0]?.delta.tool_calls?.[0]?.function?.arguments ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect([seen, finish]).toEqual(['{"city":"Par', "length"]);

    const several = await client.chat.completions.create({ ...hello, n: 3 });
    expect(several.choices.map((choice) => choice.message.content)).toEqual(["yes", "yes", "yes"]);
  });

  it("words its errors so that the SDK shows them, and says when to come back", async () => {
    const client = await clientFor([
      { error: { status: 429, message: "Slow down.", code: "rate_limit_exceeded", retryAfterSeconds: 7 } },
      {
        status: 502,
        headers: { "content-type": "text/html" },
        body: "<html><h1>502 Bad Gateway</h1></html>",
      },
    ]);

    await expect(client.chat.completions.create(hello)).rejects.toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
      message: "429 Slow down.",
    });
    await expect(client.chat.completions.create(hello)).rejects.toMatchObject({ status: 502 });
  });

  it("fails inside a stream with an error event, or by a broken connection", async () => {
    const client = await clientFor([
      { text: "One two three four five six", errorAfterEvents: 2 },
      { text: "One two three four five six", cutAfterEvents: 2 },
      { text: "One two three four five six", cutAfterBytes: 100 },
    ]);

    for (const sentence of ["The server had an error", "terminated", "terminated"]) {
      await expect(client.chat.completions.stream(hello).finalChatCompletion()).rejects.toThrow(sentence);
    }
    expect(provider.requests.map((request) => request.outcome)).toEqual(["sent", "cut", "cut"]);
  });

  it("survives every harmless oddity: bytes one by one, compression, unknown fields, comments", async () => {
    const text = "Hello, wörld 👋";
    const client = await clientFor([
      { text, chunkBytes: 1 },
      { text, gzip: true },
      { text, extras: true },
      { text, eventDelayMs: 1, delayMs: 1 },
    ]);

    for (let turn = 0; turn < 4; turn++) {
      const completion = await client.chat.completions.stream(hello).finalChatCompletion();
      expect(completion.choices[0]?.message.content).toBe(text);
    }
  });

  it("without a script calls a tool once, with arguments its schema accepts, and then answers", async () => {
    const client = await clientFor();
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: "user", content: "Weather?" }];

    const first = await client.chat.completions.create({ ...hello, messages, tools: [weather] });
    const call = first.choices[0]?.message.tool_calls?.[0];
    if (call?.type !== "function") throw new Error("no call");
    expect(JSON.parse(call.function.arguments)).toEqual({ city: "Oslo", days: 2 });

    messages.push({ role: "assistant", tool_calls: [call] });
    messages.push({ role: "tool", tool_call_id: call.id, content: "Sunny" });
    const second = await client.chat.completions.create({ ...hello, messages, tools: [weather] });
    expect(second.choices[0]?.message.content).toBe("The tool said: Sunny");
  });

  it("is read by LangChain, whole and streamed", async () => {
    await clientFor((request) =>
      request.index < 2
        ? { calls: [{ name: "get_weather", arguments: { city: "Oslo" } }] }
        : { text: "Done." },
    );
    const model = new ChatOpenAI({
      model: "gpt-5.4-mini",
      apiKey: "sk-test",
      configuration: { baseURL: `${provider.url}/v1` },
    });
    const tooled = model.bindTools([weather]);

    expect((await tooled.invoke("Weather?")).tool_calls?.[0]?.args).toEqual({ city: "Oslo" });
    let streamed = 0;
    for await (const chunk of await tooled.stream("Weather?"))
      streamed += chunk.tool_call_chunks?.length ?? 0;
    expect(streamed).toBeGreaterThan(1);
    expect((await model.invoke("Bye")).text).toBe("Done.");
  });
});

type Turn = Record<string, unknown>;
const user = { role: "user", content: "Hi" };
const calling = (...ids: string[]): Turn => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "get_weather", arguments: "{}" } })),
});
const result = (id: string): Turn => ({ role: "tool", tool_call_id: id, content: "sunny" });

function post(body: string, key = "sk-test"): Promise<Response> {
  const headers = { authorization: `Bearer ${key}` };
  return fetch(`${provider.url}/v1/chat/completions`, { method: "POST", body, headers });
}

describe("the provider, as strict as OpenAI", () => {
  const unanswered =
    "must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ";
  it.each<[string, Turn[], string]>([
    ["a call without its result", [user, calling("a"), user], `${unanswered}a`],
    ["one of two results missing", [user, calling("a", "b"), result("b"), user], `${unanswered}a`],
    ["a call at the very end", [user, calling("a")], `${unanswered}a`],
    [
      "a result without a call",
      [user, result("a")],
      "must be a response to a preceeding message with 'tool_calls'",
    ],
    [
      "a result of another turn",
      [user, calling("a"), result("a"), user, result("a")],
      "must be a response to a preceeding",
    ],
    [
      "a result with an unknown id",
      [user, calling("a"), result("z")],
      "'tool_call_id' of 'z' not found in 'tool_calls'",
    ],
    [
      "a second result",
      [user, calling("a"), result("a"), result("a")],
      "'tool_call_id' of 'a' not found in 'tool_calls'",
    ],
    ["an empty list of calls", [user, { role: "assistant", content: "x", tool_calls: [] }], "empty array"],
    ["nothing said", [user, { role: "assistant", content: null }], "expected a string, got null"],
    ["a role that is none", [{ role: "robot", content: "x" }], "Invalid value: 'robot'"],
    [
      "arguments that are no JSON",
      [
        user,
        {
          role: "assistant",
          tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{" } }],
        },
        result("a"),
      ],
      "expected a JSON object",
    ],
  ])("refuses %s", async (_, messages, sentence) => {
    const client = await clientFor([{ text: "never said" }]);
    const body = { model: "gpt-5.4-mini", messages, tools: [weather] };
    const refused = client.post("/chat/completions", { body });
    await expect(refused).rejects.toMatchObject({ status: 400, message: expect.stringContaining(sentence) });
  });

  it("accepts parallel results in any order, repeated ids over turns, and text between turns", async () => {
    const client = await clientFor([{ text: "fine" }]);
    const again = [calling("a", "b"), result("b"), result("a")];
    const messages = [{ role: "developer", content: "Be brief." }, user, ...again, user, user, ...again];
    const body = { model: "gpt-5.4-mini", messages, tools: [weather] };
    const accepted = client.post("/chat/completions", { body });
    await expect(accepted).resolves.toMatchObject({ object: "chat.completion" });
  });

  it("refuses a body that is no JSON, a forced tool that is not there, and a wrong key", async () => {
    const client = await clientFor([], { apiKey: "sk-test" });
    expect((await post("{")).status).toBe(400);
    expect((await post("{}", "sk-other")).status).toBe(401);
    const forced = {
      ...hello,
      tools: [weather],
      tool_choice: { type: "function" as const, function: { name: "fly" } },
    };
    await expect(client.chat.completions.create(forced)).rejects.toThrow("tool 'fly' is not in 'tools'");
    await expect(client.chat.completions.create({ ...hello, tool_choice: "auto" })).rejects.toThrow(
      "only allowed when 'tools'",
    );
  });
});
