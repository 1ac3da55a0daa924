import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { Response } from "openai/resources/responses/responses";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { defineGuard, type Guard } from "../../src/guards/guard.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

const model = "gpt-5.4-mini";
const tools = [
  {
    type: "function" as const,
    name: "get_weather",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
      additionalProperties: false,
    },
    strict: false,
  },
];
const good = { calls: [{ name: "get_weather", arguments: { city: "Paris" } }] };
const bad = { calls: [{ name: "get_weather", arguments: { town: "Paris" } }] };

let provider: Provider;
let gateway: RunningGateway;
let client: OpenAI;
/** What the guards saw of each request: the roles of its messages. */
let seen: string[][];

/** Watches prompts, and notes what it is shown of them. */
const onlooker: Guard = defineGuard<object>({
  name: "onlooker",
  version: 1,
  summary: "Notes the messages of every prompt.",
  options: {},
  watch: () => ({
    watches: {
      prompt: ({ messages }) => {
        seen.push(messages.map(({ role }) => role));
        return { kind: "pass" };
      },
    },
  }),
});

const posts = [{ guard: "tool-schema" }, { guard: "quarantine" }, { guard: "onlooker", onError: "block" }];

async function open(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const upstreams = { openai: { url: provider.url }, anthropic: { url: provider.url } };
  gateway = await startTestGateway({ posts, upstreams, ...more }, [onlooker]);
  connect();
}

function connect(): void {
  client = new OpenAI({ apiKey: "sk-test", baseURL: `${gateway.url}/v1`, maxRetries: 0 });
}

beforeEach(async () => {
  seen = [];
  provider = await startProvider();
  await open();
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const ask = (input: OpenAI.Responses.ResponseCreateParams["input"], previous?: Response) =>
  client.responses.create({
    model,
    tools,
    ...(input === undefined ? {} : { input }),
    ...(previous === undefined ? {} : { previous_response_id: previous.id }),
  });

function resultOf(answer: Response): OpenAI.Responses.ResponseInputItem[] {
  return answer.output.flatMap((item) =>
    item.type === "function_call"
      ? [{ type: "function_call_output" as const, call_id: item.call_id, output: "18 degrees" }]
      : [],
  );
}

const reports = (): string[] =>
  gateway.logged
    .filter(({ what }) => what === "guard report")
    .map(({ fields }) => String(fields["sentence"]))
    .filter((sentence) => sentence.includes("provider keeps"));

describe("a request that names the answer before it", () => {
  it("is seen by the guards with all that stands before it, and sent as it is", async () => {
    provider.play([good, { text: "18 degrees." }, { text: "You are welcome." }]);
    const called = await ask("Weather in Paris?");
    const told = await ask(resultOf(called), called);
    const last = await ask("Thanks", told);
    expect(last.output_text).toBe("You are welcome.");
    expect(seen).toEqual([
      ["user"],
      ["user", "assistant", "tool"],
      ["user", "assistant", "tool", "assistant", "user"],
    ]);
    const sent = provider.requests.map(({ parsed }) => (parsed["input"] as unknown[]).length);
    expect(sent).toEqual(["Weather in Paris?".length, 1, "Thanks".length]);
    expect(reports()).toEqual([]);
  });

  it("has its own results framed, and only those", async () => {
    provider.play([good, { text: "18 degrees." }]);
    const called = await ask("Weather in Paris?");
    await ask(resultOf(called), called);
    const [result] = (provider.requests[1]?.parsed["input"] ?? []) as Record<string, string>[];
    expect(result?.["output"]).toContain("untrusted");
    expect(result?.["output"]).toContain("18 degrees");
  });

  it("is known after a restart", async () => {
    provider.play([{ text: "Hello." }, { text: "Again." }]);
    const first = await ask("Hello");
    gateway = await gateway.restart();
    connect();
    await ask("Again", first);
    expect(seen.at(-1)).toEqual(["user", "assistant", "user"]);
  });

  it("leads the provider to the turn that was asked again, although the client knows the first", async () => {
    provider.play([bad, good, { text: "18 degrees." }]);
    const called = await client.responses
      .stream({ model, input: "Weather in Paris?", tools })
      .finalResponse();
    expect(called.output.filter(({ type }) => type === "function_call")).toMatchObject([
      { arguments: '{"city":"Paris"}' },
    ]);
    const told = await ask(resultOf(called), called);
    expect(told.output_text).toBe("18 degrees.");
    const named = provider.requests.map(({ parsed }) => parsed["previous_response_id"]);
    expect(named[2]).toMatch(/^resp_/);
    expect(named[2]).not.toBe(called.id);

    await client.responses.retrieve(called.id);
    expect(provider.requests.at(-1)?.path).toBe(`/v1/responses/${String(named[2])}`);
  });

  it("passes, and the log says so once, where that answer did not come through here", async () => {
    const direct = new OpenAI({ apiKey: "sk-test", baseURL: `${provider.url}/v1`, maxRetries: 0 });
    provider.play([{ text: "Hello." }, { text: "Again." }, { text: "And again." }]);
    const elsewhere = await direct.responses.create({ model, input: "Hello" });
    await ask("Again", elsewhere);
    await ask("And again", elsewhere);
    expect(seen).toEqual([["user"], ["user"]]);
    expect(reports()).toHaveLength(1);
    expect(reports()[0]).toContain("names an answer that did not come through here");
  });

  it("is told apart from a conversation that grows at the provider, and from elements named alone", async () => {
    provider.play(() => ({ text: "Hello." }));
    const first = await ask("Hello");
    await client.responses.create({ model, input: "Hi", conversation: "conv_1" });
    const reference = { type: "item_reference" as const, id: first.output[0]?.id ?? "" };
    await ask([{ role: "user", content: "Hello" }, reference, { role: "user", content: "Again" }]);
    expect(reports()).toEqual([
      expect.stringContaining("a conversation that grows at the provider"),
      expect.stringContaining("names elements of the conversation"),
    ]);
  });

  it("has nothing to do with a client that sends its whole history", async () => {
    provider.play([{ text: "Hello." }, { text: "Again." }]);
    const first = await ask("Hello");
    const history = [
      { role: "user" as const, content: "Hello" },
      ...(first.output as OpenAI.Responses.ResponseInputItem[]),
      { role: "user" as const, content: "Again" },
    ];
    await ask(history);
    expect(seen.at(-1)).toEqual(["user", "assistant", "user"]);
  });
});

describe("statefulRequests", () => {
  it("refuse: is a 400 that says what to do, and nothing is sent", async () => {
    await gateway.stop();
    await open({ statefulRequests: "refuse" });
    provider.play([{ text: "Hello." }]);
    const first = await ask("Hello");
    const thrown: unknown = await ask("Again", first).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: 400, code: "stateful_refused" });
    expect(String(thrown)).toContain("Send the whole conversation");
    expect(provider.requests).toHaveLength(1);
  });

  it("pass: sends it on unseen", async () => {
    await gateway.stop();
    await open({ statefulRequests: "pass" });
    provider.play([{ text: "Hello." }, { text: "Again." }]);
    const first = await ask("Hello");
    await ask("Again", first);
    expect(seen.at(-1)).toEqual(["user"]);
    expect(reports()).toEqual([]);
  });

  it("pass: lets an Anthropic thread through, which is else sent back in the SDK's words", async () => {
    const request = {
      model: "claude-sonnet-5-5",
      max_tokens: 100,
      messages: [{ role: "user" as const, content: "Hello" }],
      thread: { type: "create" },
    };
    const askAnthropic = (): Promise<unknown> =>
      new Anthropic({ apiKey: "sk-test", baseURL: gateway.url, maxRetries: 0 }).messages
        .create(request)
        .catch((error: unknown) => error);
    expect(await askAnthropic()).toMatchObject({ status: 400 });
    expect(provider.requests).toHaveLength(0);
    await gateway.stop();
    await open({ statefulRequests: "pass" });
    await askAnthropic();
    expect(provider.requests).toHaveLength(1);
  });
});

describe("an answer that was asked for in the background", () => {
  const askLater = (stream = false) =>
    client.responses.create({ model, tools, input: "Weather in Paris?", background: true, stream } as {
      model: string;
      input: string;
    });

  /** Fetches until the provider has it. */
  async function fetched(id: string): Promise<Response> {
    for (let i = 0; i < 10; i++) {
      const answer = await client.responses.retrieve(id);
      if (answer.status !== "queued" && answer.status !== "in_progress") return answer;
    }
    throw new Error("It never ended.");
  }

  it("is judged when it is fetched: a good call arrives", async () => {
    provider.play([good]);
    const queued = await askLater();
    const answer = await fetched(queued.id);
    expect(answer.output).toMatchObject([{ type: "function_call", arguments: '{"city":"Paris"}' }]);
  });

  it("is judged when it is fetched: a wrong call does not", async () => {
    provider.play([bad]);
    const queued = await askLater();
    const thrown: unknown = await fetched(queued.id).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ status: 400, code: "call_refused" });
    expect(String(thrown)).toContain("town");
  });

  it("can be leaned on once it was fetched", async () => {
    provider.play([good, { text: "18 degrees." }]);
    const queued = await askLater();
    const called = await fetched(queued.id);
    await ask(resultOf(called), called);
    expect(seen.at(-1)).toEqual(["user", "assistant", "tool"]);
  });

  it.each([0, 1, 3, 4, 5, 6])(
    "is judged as a stream from event %i on: a wrong call never arrives",
    async (after) => {
      provider.play([bad]);
      const queued = await askLater();
      await client.responses.retrieve(queued.id);
      const text = await rawStream(queued.id, after);
      expect(text).not.toContain("town\\");
      expect(text).toContain('"error"');
    },
  );

  it.each([0, 3, 5])("is judged as a stream from event %i on: a good call does", async (after) => {
    provider.play([good]);
    const queued = await askLater();
    await client.responses.retrieve(queued.id);
    const text = await rawStream(queued.id, after);
    expect(text).toContain("response.completed");
    expect(text).toContain("Paris");
  });

  async function rawStream(id: string, after: number): Promise<string> {
    const answer = await fetch(`${gateway.url}/v1/responses/${id}?stream=true&starting_after=${after}`, {
      headers: { authorization: "Bearer sk-test" },
    });
    return answer.text();
  }

  it("passes, and the log says so, where it was not asked for through here", async () => {
    const direct = new OpenAI({ apiKey: "sk-test", baseURL: `${provider.url}/v1`, maxRetries: 0 });
    provider.play([bad]);
    const made = await direct.responses.create({ model, input: "Hello", tools });
    const answer = await client.responses.retrieve(made.id);
    expect(answer.output).toMatchObject([{ type: "function_call" }]);
    const told = gateway.logged.filter(({ what }) => what === "guard report");
    expect(told.map(({ fields }) => fields["sentence"])).toEqual([
      expect.stringContaining("was not asked for through here"),
    ]);
  });
});
