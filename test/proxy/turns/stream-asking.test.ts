import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer, ScriptRequest } from "../../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

let provider: Provider;
let gateway: RunningGateway;

async function start(
  turns: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  gateway = await startTestGateway({
    upstreams: {
      openai: { url: provider.url },
      anthropic: { url: provider.url },
      gemini: { url: provider.url },
    },
    turns: { mode: "enforce", graceSeconds: 2, ...turns },
    ...more,
  });
}
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const parameters = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
};
const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
const messages = [{ role: "user" as const, content: "How warm is it in Graz?" }];
const called: Answer = {
  text: ["I ", "look."],
  calls: [
    { id: "call_a", name: "weather", arguments: { city: "Graz" } },
    { id: "call_b", name: "weather", arguments: { city: "Wien" } },
  ],
  usage: { input: 31, output: 17 },
};

/** A real SDK that asks for a whole answer, and what of it is looked at. */
interface Sdk {
  readonly name: string;
  readonly asks: (baseUrl: string) => Promise<unknown>;
  readonly streams: (request: ScriptRequest) => boolean;
}

const bodyStreams = ({ parsed }: ScriptRequest): boolean => parsed["stream"] === true;

const sdks: readonly Sdk[] = [
  {
    name: "OpenAI, Chat Completions",
    async asks(url) {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-1", maxRetries: 0 });
      const { choices, usage } = await client.chat.completions.create({ model: "gpt-4o", messages, tools });
      const { message, finish_reason: reason } = choices[0] as (typeof choices)[number];
      return { text: message.content, calls: message.tool_calls, reason, usage };
    },
    streams: (request) =>
      bodyStreams(request) && JSON.stringify(request.parsed["stream_options"]) === '{"include_usage":true}',
  },
  {
    name: "OpenAI, Responses",
    async asks(url) {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-1", maxRetries: 0 });
      const {
        output_text: text,
        output,
        status,
        usage,
      } = await client.responses.create({
        model: "gpt-4o",
        input: "How warm is it in Graz?",
        tools: [{ type: "function", name: "weather", parameters, strict: false }],
      });
      const calls = output.flatMap((item) =>
        item.type === "function_call" ? [[item.call_id, item.name, item.arguments]] : [],
      );
      return { text, calls, status, usage };
    },
    streams: bodyStreams,
  },
  {
    name: "Anthropic",
    async asks(url) {
      const client = new Anthropic({ baseURL: url, apiKey: "sk-1", maxRetries: 0 });
      const {
        content,
        stop_reason: reason,
        usage,
      } = await client.messages.create({
        model: "claude-sonnet-4-5",
        max_tokens: 100,
        messages,
        tools: [{ name: "weather", input_schema: parameters }],
      });
      return { content, reason, usage: [usage.input_tokens, usage.output_tokens] };
    },
    streams: bodyStreams,
  },
  {
    name: "Google GenAI",
    async asks(url) {
      const client = new GoogleGenAI({ apiKey: "sk-1", httpOptions: { baseUrl: url } });
      const { text, functionCalls, usageMetadata } = await client.models.generateContent({
        model: "gemini-2.5-flash",
        contents: "How warm is it in Graz?",
        config: {
          tools: [{ functionDeclarations: [{ name: "weather", parametersJsonSchema: parameters }] }],
        },
      });
      return { text, functionCalls, usage: usageMetadata?.totalTokenCount };
    },
    streams: ({ path }) => /:streamGenerateContent\?.*alt=sse/.test(path),
  },
];

describe.each(sdks)("$name, which asks for a whole answer in a run", ({ asks, streams }) => {
  it("gets text, calls and usage as if its model had been asked so, and the model is asked for a stream", async () => {
    await start();
    provider.play(() => called);
    expect(await asks(`${gateway.url}/run/r`)).toEqual(await asks(provider.url));
    expect(provider.requests.map(streams)).toEqual([true, false]);
  });

  it("gets it again in a later attempt, also from another gateway", async () => {
    await start();
    provider.play(() => called);
    const first = await asks(`${gateway.url}/run/r/attempt/1`);
    gateway = await gateway.restart();
    expect(await asks(`${gateway.url}/run/r/attempt/2`)).toEqual(first);
    expect(provider.requests).toHaveLength(1);
  });
});

let runs = 0;
const url = (run = "/run/r"): string => `${gateway.url}${run}/v1/chat/completions`;
const headers = { "content-type": "application/json", authorization: "Bearer sk-1" };

/** Each in a run of its own where none is named: an equal request of the same one may be its retry. */
function ask(run = `/run/${(runs += 1)}`, more: Readonly<Record<string, unknown>> = {}): Promise<Response> {
  const body = JSON.stringify({ model: "gpt-4o", messages, ...more });
  return fetch(url(run), { method: "POST", headers, body });
}

const asked = (): readonly boolean[] => provider.requests.map(bodyStreams);
const codeOf = async (answer: Response): Promise<unknown> =>
  ((await answer.json()) as { error: { code: unknown } }).error.code;

describe("a model that is asked as its client asks", () => {
  it.each<[string, string, Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]>([
    ["in a run without an id", "", {}, {}],
    ["where that is configured", "/run/r", { upstreamStreaming: "off" }, {}],
    ["where turns are only reported", "/run/r", { mode: "report" }, {}],
    ["for several choices, which no stream tells", "/run/r", {}, { n: 2 }],
  ])("%s", async (_when, run, turns, more) => {
    await start(turns);
    expect((await ask(run, more)).status).toBe(200);
    expect(asked()).toEqual([false]);
  });
});

const refused = (message: string): Answer => ({ error: { status: 400, message } });

describe("a model that does not stream", () => {
  it("is asked for the whole answer where it refuses the stream, and from then on", async () => {
    await start();
    provider.play((request) =>
      bodyStreams(request) ? refused("Not for your organization.") : { text: "Hi." },
    );
    for (let n = 0; n < 2; n++) expect(await (await ask()).text()).toContain("Hi.");
    expect(asked()).toEqual([true, false, false]);
  });

  it("is asked so for its own account alone", async () => {
    await start();
    provider.play((request) =>
      bodyStreams(request) ? refused("Not for your organization.") : { text: "Hi." },
    );
    await ask();
    await fetch(url(), {
      method: "POST",
      headers: { ...headers, authorization: "Bearer sk-2" },
      body: JSON.stringify({ model: "gpt-4o", messages }),
    });
    expect(asked()).toEqual([true, false, true, false]);
  });

  it("may answer the request for a stream with a document", async () => {
    await start();
    const text =
      '{"id":"c","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Hi."}}]}';
    provider.play(() => ({ body: text, headers: { "content-type": "application/json" } }));
    for (let n = 0; n < 2; n++) {
      const answer = await ask();
      expect(answer.headers.get("content-type")).toBe("application/json");
      expect(await answer.text()).toBe(text);
    }
    expect(asked()).toEqual([true, false]);
  });

  it("is not doubted for a request that is refused in both forms", async () => {
    await start();
    provider.play([refused("No such tool."), refused("No such tool."), { text: "Hi." }]);
    expect((await ask()).status).toBe(400);
    await ask();
    expect(asked()).toEqual([true, false, true]);
  });
});

describe("a model that streams", () => {
  it("is asked once where it refuses a request for another reason", async () => {
    await start();
    provider.play([{ text: "Hi." }, refused("Too many words.")]);
    await ask();
    const answer = await ask();
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("Too many words.")]);
    expect(asked()).toEqual([true, true]);
  });

  it("is asked for the whole answer where it does not stream what is asked for", async () => {
    await start();
    provider.play([{ text: "Hi." }, refused("response_format cannot be used with stream."), { text: "{}" }]);
    await ask();
    expect(await (await ask()).text()).toContain("{}");
    expect(asked()).toEqual([true, true, false]);
  });
});

describe("a stream that does not become an answer", () => {
  const broken: Answer = { text: ["It ", "is ", "21."], cutAfterEvents: 2 };

  it.each<[string, Answer]>([
    ["breaks off", broken],
    ["ends before its end", { ...broken, cut: "end" }],
    ["falls into an error of the upstream", { text: ["It ", "is "], errorAfterEvents: 2 }],
  ])("is an error that clients retry where it %s, and the retry is asked anew", async (_how, answer) => {
    await start();
    provider.play([answer, { text: "Now it is whole." }]);
    const failed = await ask("/run/r");
    expect([failed.status, failed.headers.get("x-should-retry")]).toEqual([502, null]);
    expect(failed.headers.get("content-type")).toContain("application/json");
    expect(await codeOf(failed)).toBe("upstream_cut");
    expect(await (await ask("/run/r")).text()).toContain("Now it is whole.");
    expect(asked()).toEqual([true, true]);
  });

  it.each<[string, Answer]>([
    ["breaks off", broken],
    ["ends before its end", { ...broken, cut: "end" }],
    ["falls into an error of the upstream", { text: ["It ", "is "], errorAfterEvents: 2 }],
  ])("is the same error where nobody judges answers, and it %s", async (_how, answer) => {
    await start({}, { posts: [] });
    provider.play([answer, { text: "Now it is whole." }]);
    const failed = await ask("/run/r");
    expect([failed.status, await codeOf(failed)]).toEqual([502, "upstream_cut"]);
    expect(await (await ask("/run/r")).text()).toContain("Now it is whole.");
  });

  it("is an error where it says what no document can, and the model is asked for documents then", async () => {
    await start();
    const chunk = (choice: unknown): string =>
      `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "gpt-4o", choices: [choice] })}\n\n`;
    const sound = { index: 0, delta: { role: "assistant", audio: { data: "AAAA" } }, finish_reason: null };
    const end = { index: 0, delta: {}, finish_reason: "stop" };
    provider.play([
      {
        body: `${chunk(sound)}${chunk(end)}data: [DONE]\n\n`,
        headers: { "content-type": "text/event-stream" },
      },
      { text: "Hi." },
    ]);
    const failed = await ask("/run/r");
    expect([failed.status, await codeOf(failed)]).toEqual([502, "upstream_unreadable"]);
    expect(await (await ask("/run/r")).text()).toContain("Hi.");
    expect(asked()).toEqual([true, false]);
  });

  it("is stopped where it is larger than a whole answer may be", async () => {
    await start(
      {},
      {
        limits: { answerBytesMax: 2048 },
        hold: { heldBytesMax: 1024 },
        effects: { effectBodyBytesMax: 1024 },
      },
    );
    provider.play(() => ({ text: Array.from({ length: 200 }, () => "twenty one degrees ") }));
    const failed = await ask("/run/r");
    expect(failed.status).toBe(400);
    expect(await failed.text()).toContain("2048 bytes");
  });
});

describe("an answer that is put together", () => {
  it("is only the model's last turn where it was asked again, and says so", async () => {
    await start();
    provider.play([
      { text: "First try.", calls: [{ name: "weather", arguments: { town: "Graz" } }], usage: { output: 5 } },
      {
        text: "Second try.",
        calls: [{ name: "weather", arguments: { city: "Graz" } }],
        usage: { output: 7 },
      },
    ]);
    const answer = await ask("/run/r", { tools });
    const { choices, usage } = (await answer.json()) as OpenAI.ChatCompletion;
    expect(choices[0]?.message.content).toBe("Second try.");
    expect(usage?.completion_tokens).toBe(12);
    expect(answer.headers.get("longstop-interventions")).toContain('"repairs":1');
    expect(asked()).toEqual([true, true]);
  });

  it("holds as many bytes of calls as a whole answer may have", async () => {
    await start({}, { hold: { heldBytesMax: 1024 } });
    const city = "x".repeat(5000);
    provider.play(() => ({ calls: [{ name: "weather", arguments: { city } }] }));
    expect(await (await ask("/run/r", { tools })).text()).toContain(city);
  });

  it("is written for a client that asks for a stream as that one asks, without the usage", async () => {
    await start();
    provider.play(() => ({ text: "Hi.", usage: { input: 3, output: 4 } }));
    await ask("/run/r/attempt/1");
    const text = await (await ask("/run/r/attempt/2", { stream: true })).text();
    expect(text).toContain("Hi.");
    expect(text).not.toContain("usage");
    expect(provider.requests).toHaveLength(1);
  });
});
