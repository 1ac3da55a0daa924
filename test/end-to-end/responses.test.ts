import { createOpenAI } from "@ai-sdk/openai";
import { Agent, OpenAIResponsesModel, run, setTracingDisabled, tool as agentTool } from "@openai/agents";
import { HumanMessage, ToolMessage, type BaseMessage } from "@langchain/core/messages";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, isStepCount, jsonSchema, streamText, tool, type ToolSet } from "ai";
import OpenAI from "openai";
import type { Response, ResponseInput, ResponseInputItem } from "openai/resources/responses/responses";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../examples/provider/answer.ts";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- bodies of any shape

setTracingDisabled(true);

const model = "gpt-5.4-mini";
const parameters = {
  type: "object" as const,
  properties: {
    city: { type: "string" as const },
    unit: { type: "string" as const, enum: ["celsius", "fahrenheit"] },
  },
  required: ["city"],
  additionalProperties: false as const,
};
const tools = [{ type: "function" as const, name: "get_weather", parameters, strict: false }];
const good = { name: "get_weather", arguments: { city: "Paris" } };
const bad = { name: "get_weather", arguments: { town: "Paris" } };
/** Thinking makes the strict provider insist on every item that belongs to it. */
const badTurn: Answer = { thinking: "First try.", calls: [bad] };
const goodTurn: Answer = { thinking: "Second try.", calls: [good] };

let provider: Provider;
let gateway: RunningGateway;
let client: OpenAI;
const opened: RunningGateway[] = [];

async function open(posts: readonly unknown[], more: Json = {}): Promise<void> {
  gateway = await startTestGateway({ posts, upstreams: { openai: { url: provider.url } }, ...more });
  opened.push(gateway);
  client = new OpenAI({ apiKey: "sk-test", baseURL: `${gateway.url}/v1`, maxRetries: 0 });
}

beforeEach(async () => {
  provider = await startProvider();
  await open([{ guard: "tool-schema" }]);
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
  await provider.close();
});

function inputs(): Json[][] {
  return provider.requests.map(({ parsed }) => parsed["input"] as Json[]);
}

function typesIn(input: readonly Json[]): string[] {
  return input.map(({ type, role }) => (type as string | undefined) ?? String(role));
}

async function raw(url: string, body: Json): Promise<string> {
  const answer = await fetch(`${url}/v1/responses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.text();
}

const question: ResponseInput = [{ role: "user", content: "What is the weather in Paris?" }];
const ways = {
  "create()": (input: ResponseInput) => client.responses.create({ model, input, tools }),
  "stream()": (input: ResponseInput) => client.responses.stream({ model, input, tools }).finalResponse(),
} as const satisfies Record<string, (input: ResponseInput) => Promise<Response>>;

function resultsFor({ output }: Pick<Response, "output">): ResponseInputItem[] {
  return output.flatMap((item) =>
    item.type === "function_call"
      ? [{ type: "function_call_output" as const, call_id: item.call_id, output: "18 C" }]
      : [],
  );
}

/** What the provider must get behind the question, once the model's own words are back. */
const wholeTruth = [
  "reasoning",
  "function_call",
  "function_call_output",
  "reasoning",
  "function_call",
  "function_call_output",
];

describe.each(Object.keys(ways) as (keyof typeof ways)[])("OpenAI's SDK with responses.%s", (way) => {
  const ask = (input: ResponseInput) => ways[way](input);

  it("gets a call that was asked for again instead of one that does not fit", async () => {
    provider.play([badTurn, goodTurn]);
    const answer = await ask(question);
    const calls = answer.output.filter((item) => item.type === "function_call");
    expect(calls.map((call) => JSON.parse(String((call as Json)["arguments"])) as unknown)).toEqual([
      { city: "Paris" },
    ]);
    expect(typesIn(inputs()[1]!)).toEqual(["user", "reasoning", "function_call", "function_call_output"]);
    expect(inputs()[1]!.at(-1)?.["output"]).toContain("town");
  });

  it("sends its copy back, and the provider gets all that the model said", async () => {
    provider.play([badTurn, goodTurn, { text: "18 degrees." }]);
    const answer = await ask(question);
    const last = await ask([...question, ...(answer.output as ResponseInput), ...resultsFor(answer)]);
    expect(last.output_text).toBe("18 degrees.");
    expect(typesIn(inputs()[2]!)).toEqual(["user", ...wholeTruth]);
    expect(provider.requests.map(({ status }) => status)).toEqual([200, 200, 200]);
  });

  it("is told in an error what the model could not be brought to do", async () => {
    provider.play(() => ({ calls: [bad] }));
    await expect(ask(question)).rejects.toThrow(/Longstop refused what the model asked for.*town/s);
    expect(provider.requests).toHaveLength(2);
  });

  it("gets an answer that the token limit cut without the half call", async () => {
    provider.play([
      { text: "So:", calls: [{ name: "get_weather", arguments: '{"city":"Par' }], finish: "length" },
    ]);
    const answer = await ask(question);
    expect(answer.status).toBe("incomplete");
    expect(answer.output.map(({ type }) => type)).toEqual(["message"]);
  });
});

describe("a stream of the Responses API", () => {
  it("passes with a good call as the bytes that came", async () => {
    provider.play(() => ({
      fixture: `${import.meta.dirname}/../fixtures/openai-responses/thinking-and-tool-call`,
    }));
    const body = { model, input: question, tools, stream: true };
    expect(await raw(gateway.url, body)).toBe(await raw(provider.url, body));
  });

  it.each(["break", "end"] as const)("never ends well inside a call: %s", async (cut) => {
    provider.play(() => ({ text: "Let me look.", calls: [good], cutAfterEvents: 11, cut }));
    const seen: string[] = [];
    const reading = async (): Promise<void> => {
      const stream = await client.responses.create({ model, input: question, tools, stream: true });
      for await (const event of stream) seen.push(event.type);
    };
    await expect(reading()).rejects.toThrow(/before (the|its) answer was whole/);
    expect(seen).toContain("response.output_text.delta");
    expect(seen.filter((type) => type.includes("function_call"))).toEqual([]);
  });

  it("says when the provider failed, although nobody else would", async () => {
    const failed = {
      id: "resp_1",
      object: "response",
      status: "failed",
      output: [],
      error: { code: "x", message: "Broken." },
    };
    const events = [
      {
        type: "response.created",
        sequence_number: 0,
        response: { ...failed, status: "in_progress", error: null },
      },
      { type: "response.failed", sequence_number: 1, response: failed },
    ];
    const body = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    provider.play(() => ({ body, headers: { "content-type": "text/event-stream" } }));
    await expect(ways["stream()"](question)).rejects.toThrow("Broken.");
  });
});

describe("frameworks over the Responses API", () => {
  it.each([false, true])(
    "LangChain gets the repaired call, and its copy is known: streamed %s",
    async (streaming) => {
      provider.play([badTurn, goodTurn, { text: "18 degrees." }]);
      const chat = new ChatOpenAI({
        model,
        apiKey: "sk-test",
        streaming,
        configuration: { baseURL: `${gateway.url}/v1` },
        useResponsesApi: true,
        maxRetries: 0,
      }).bindTools(tools.map(({ name }) => ({ type: "function" as const, function: { name, parameters } })));
      const messages: BaseMessage[] = [new HumanMessage("What is the weather in Paris?")];
      const answer = await chat.invoke(messages);
      expect(answer.tool_calls?.map(({ args }) => args)).toEqual([{ city: "Paris" }]);
      messages.push(answer, new ToolMessage({ tool_call_id: answer.tool_calls![0]!.id!, content: "18 C" }));
      expect((await chat.invoke(messages)).text).toBe("18 degrees.");
      expect(typesIn(inputs()[2]!).filter((type) => type !== "user" && type !== "message")).toEqual(
        wholeTruth,
      );
    },
  );

  it.each([false, true])(
    "the AI SDK runs only the repaired call, and its copy is known: streamed %s",
    async (streams) => {
      provider.play([badTurn, goodTurn, { text: "18 degrees." }]);
      const ran: unknown[] = [];
      const openai = createOpenAI({ apiKey: "sk-test", baseURL: `${gateway.url}/v1` });
      const execute = (args: unknown) => {
        ran.push(args);
        return "18 C";
      };
      const offered: ToolSet = { get_weather: tool({ inputSchema: jsonSchema(parameters), execute }) };
      const asking = {
        model: openai.responses(model),
        tools: offered,
        prompt: "What is the weather in Paris?",
        stopWhen: isStepCount(3),
        maxRetries: 0,
      };
      const text = streams ? await streamText(asking).text : (await generateText(asking)).text;
      expect(text).toBe("18 degrees.");
      expect(ran).toEqual([{ city: "Paris" }]);
      // It names its reasoning by id only; the truth has it whole.
      expect(typesIn(inputs()[2]!)).toEqual(["user", ...wholeTruth]);
    },
  );

  it.each([false, true])(
    "OpenAI's Agents run only the repaired call, and their copy is known: streamed %s",
    async (streams) => {
      provider.play([badTurn, goodTurn, { text: "18 degrees." }]);
      const ran: unknown[] = [];
      const agent = new Agent({
        name: "Weather",
        instructions: "Be brief.",
        model: new OpenAIResponsesModel(client, model),
        tools: [
          agentTool({
            name: "get_weather",
            description: "Weather",
            parameters: parameters as typeof parameters & { additionalProperties: true },
            strict: false,
            execute: (args: unknown) => {
              ran.push(args);
              return "18 C";
            },
          }),
        ],
      });
      const result = streams
        ? await run(agent, "What is the weather in Paris?", { stream: true })
        : await run(agent, "What is the weather in Paris?");
      if ("completed" in result) await result.completed;
      expect(result.finalOutput).toBe("18 degrees.");
      expect(ran).toEqual([{ city: "Paris" }]);
      expect(typesIn(inputs()[2]!)).toEqual(["user", ...wholeTruth]);
    },
  );
});

describe("a request of the Responses API", () => {
  it("is trimmed in units that the provider takes", async () => {
    await open([{ guard: "tool-schema" }, { guard: "budget", tokensMax: 1500, answerTokens: 200 }]);
    const input: ResponseInput = [...question];
    for (let turn = 0; turn < 12; turn++) {
      provider.play([{ thinking: `Thought ${turn}.`, calls: [good] }]);
      const answer = await client.responses.create({ model, input, tools });
      input.push(...(answer.output as ResponseInput));
      input.push(
        ...resultsFor(answer).map(
          (item) => ({ ...item, output: `${turn} ${"warm ".repeat(80)}` }) as ResponseInputItem,
        ),
      );
    }
    const last = inputs().at(-1)!;
    expect(last.length).toBeLessThan(input.length - 3);
    expect(last[0]).toEqual(question[0]);
    expect(provider.requests.every(({ status }) => status === 200)).toBe(true);
  });

  it("has the results of tools framed, and nothing else changed", async () => {
    await open([{ guard: "quarantine" }]);
    provider.play([{ thinking: "Look.", calls: [good] }, { text: "Done." }]);
    const answer = await client.responses.create({ model, input: question, tools });
    await client.responses.create({
      model,
      tools,
      input: [...question, ...(answer.output as ResponseInput), ...resultsFor(answer)],
    });
    const sent = inputs()[1]!;
    expect(sent.at(-1)?.["output"]).toMatch(/18 C/);
    expect(sent.at(-1)?.["output"]).not.toBe("18 C");
    expect(sent.slice(1, -1)).toEqual(JSON.parse(JSON.stringify(answer.output)));
    expect(provider.requests[1]?.parsed["instructions"]).toEqual(expect.stringContaining("untrusted"));
  });

  it("may be asked again where the provider keeps what came before", async () => {
    provider.play([{ calls: [good] }]);
    const first = await client.responses.create({ model, input: question, tools });
    provider.play([badTurn, { text: "Done." }]);
    const next = { model, tools, previous_response_id: first.id, input: resultsFor(first) };
    expect((await client.responses.create(next)).output_text).toBe("Done.");
    expect(typesIn(inputs()[2]!)).toEqual([
      "function_call_output",
      "reasoning",
      "function_call",
      "function_call_output",
    ]);
  });

  it("is asked again with nothing but the results in a conversation that grows by itself", async () => {
    provider.play([badTurn, { text: "Done." }]);
    const answer = await client.responses.create({ model, input: question, tools, conversation: "conv_1" });
    expect(answer.output_text).toBe("Done.");
    expect(typesIn(inputs()[1]!)).toEqual(["function_call_output"]);
  });

  it("is asked again without the reasoning that nobody has kept", async () => {
    provider.play([badTurn, goodTurn]);
    const answer = await client.responses.create({ model, input: question, tools, store: false });
    expect(answer.output.map(({ type }) => type)).toEqual(["reasoning", "function_call"]);
    expect(typesIn(inputs()[1]!)).toEqual(["user", "function_call", "function_call_output"]);
  });

  it("is answered in the background as the provider answers", async () => {
    provider.play([{ calls: [bad] }]);
    const answer = await client.responses.create({ model, input: question, tools, background: true });
    expect(answer).toMatchObject({ status: "queued", output: [] });
  });
});
