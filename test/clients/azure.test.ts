import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { AzureOpenAI } from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

// Azure OpenAI: the model's deployment stands in the path, the API's version in the query, the key in
// a header of its own. https://learn.microsoft.com/azure/ai-services/openai/reference

const apiVersion = "2025-04-01-preview";
const deployment = "team-gpt";
const tools = [
  {
    type: "function" as const,
    function: {
      name: "get_weather",
      parameters: {
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
        additionalProperties: false,
      },
    },
  },
];

interface Asked {
  readonly url: string;
  readonly key: string | undefined;
  readonly body: { readonly messages: readonly unknown[]; readonly stream?: boolean };
}

let asked: Asked[] = [];
/** Arguments of the calls that the model makes, one for each time it is asked. */
let script: string[] = [];

/** Azure's own frames: the filter's verdict on the prompt stands in a first chunk without choices. */
function streamOf(argumentsText: string): string {
  const base = { id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "gpt-4.1-2025-04-14" };
  const filter = { hate: { filtered: false, severity: "safe" } };
  const call = { index: 0, id: "call_1", type: "function", function: { name: "get_weather", arguments: "" } };
  const choice = (delta: unknown, finish: string | null = null): unknown => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finish, content_filter_results: {} }],
  });
  const frames = [
    {
      ...base,
      id: "",
      model: "",
      choices: [],
      prompt_filter_results: [{ prompt_index: 0, content_filter_results: filter }],
    },
    choice({ role: "assistant", content: null, tool_calls: [call] }),
    choice({ tool_calls: [{ index: 0, function: { arguments: argumentsText } }] }),
    choice({}, "tool_calls"),
  ];
  return `${frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("")}data: [DONE]\n\n`;
}

function wholeOf(argumentsText: string): string {
  const call = {
    id: "call_1",
    type: "function",
    function: { name: "get_weather", arguments: argumentsText },
  };
  const message = { role: "assistant", content: null, tool_calls: [call], refusal: null };
  return JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "gpt-4.1-2025-04-14",
    choices: [{ index: 0, message, finish_reason: "tool_calls", content_filter_results: {} }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    prompt_filter_results: [],
  });
}

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const url = new URL(incoming.url ?? "/", "http://azure");
  if (!url.pathname.startsWith("/openai/v1/") && url.searchParams.get("api-version") !== apiVersion) {
    outgoing.writeHead(404, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ error: { code: "404", message: "Resource not found" } }));
    return;
  }
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Asked["body"];
  asked.push({ url: incoming.url ?? "", key: incoming.headers["api-key"]?.toString(), body });
  const said = script.shift() ?? "{}";
  const type = body.stream === true ? "text/event-stream" : "application/json";
  outgoing.writeHead(200, { "content-type": type, "apim-request-id": "apim-1" });
  outgoing.end(body.stream === true ? streamOf(said) : wholeOf(said));
}

const server = createServer((incoming, outgoing) => void answer(incoming, outgoing));
let gateway: RunningGateway;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  gateway = await startTestGateway({ upstreams: { azure: { url } } });
});
afterAll(async () => {
  await gateway.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked = [];
});

const messages = [{ role: "user" as const, content: "Weather in Paris?" }];

function clientAt(path: string): AzureOpenAI {
  return new AzureOpenAI({
    baseURL: `${gateway.url}${path}`,
    apiKey: "azure-key",
    apiVersion,
    maxRetries: 0,
  });
}

describe("Azure OpenAI's SDK at its paths", () => {
  it.each(["/u/azure/openai", "/run/r1/u/azure/openai"])(
    "keeps deployment, version and key: %s",
    async (path) => {
      script = ['{"city":"Paris"}'];
      const made = await clientAt(path).chat.completions.create({ model: deployment, messages, tools });
      expect(made.choices[0]?.message.tool_calls?.[0]).toMatchObject({
        function: { arguments: '{"city":"Paris"}' },
      });
      expect(asked).toMatchObject([
        {
          url: `/openai/deployments/${deployment}/chat/completions?api-version=${apiVersion}`,
          key: "azure-key",
        },
      ]);
    },
  );

  it.each([false, true])("has a wrong call repaired, at the same path (streamed: %s)", async (stream) => {
    script = ['{"town":"Paris"}', '{"city":"Paris"}'];
    const request = { model: deployment, messages, tools };
    const client = clientAt("/u/azure/openai");
    const call = stream
      ? (await client.chat.completions.stream(request).finalChatCompletion()).choices[0]?.message
          .tool_calls?.[0]
      : (await client.chat.completions.create(request)).choices[0]?.message.tool_calls?.[0];
    expect(call).toMatchObject({ function: { name: "get_weather", arguments: '{"city":"Paris"}' } });
    expect(asked.map(({ url }) => url)).toEqual(Array(2).fill(asked[0]?.url));
    expect(asked.map(({ key }) => key)).toEqual(["azure-key", "azure-key"]);
    expect(JSON.stringify(asked[1]?.body.messages)).toContain("town");
  });

  it("shows Azure's own error where the version is missing", async () => {
    const client = new AzureOpenAI({
      baseURL: `${gateway.url}/u/azure/openai`,
      apiKey: "azure-key",
      apiVersion: "1999-01-01",
      maxRetries: 0,
    });
    const thrown: unknown = await client.chat.completions
      .create({ model: deployment, messages })
      .catch((e: unknown) => e);
    expect(thrown).toMatchObject({ status: 404, message: "404 Resource not found" });
  });

  it("shows the gateway's sentence as its own where an upstream is unknown", async () => {
    const thrown: unknown = await clientAt("/u/nobody/openai")
      .chat.completions.create({ model: deployment, messages })
      .catch((e: unknown) => e);
    expect(thrown).toMatchObject({
      status: 404,
      message: expect.stringContaining('No upstream is called "nobody"'),
    });
  });
});
