// The opposite of a double: calls that look like one and are meant. Each has to happen.
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, isStepCount, jsonSchema, tool } from "ai";
import OpenAI from "openai";
import { startGateway } from "../../examples/demo/gateway-process.ts";
import { objects, type Answer, type ScriptRequest } from "../../examples/provider/answer.ts";
import { startProvider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { modelName } from "./executor.ts";

/** A call of the agent's only tool, which sends it as a request. */
interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

interface Repeat {
  readonly name: string;
  /** What the model asks for, turn by turn; calls of one turn run at the same time. */
  readonly turns: readonly (readonly Call[])[];
  readonly isRun: boolean;
  readonly effect: "by-method" | "read" | "irreversible";
  /** Each call has an idempotency key of its own, and the tool says that such keys mean something. */
  readonly hasKeys: boolean;
  /** How the tool serves its first call. */
  readonly behaviour: string;
}

export interface Repeated {
  readonly name: string;
  /** Requests that the agent made, each of them meant. */
  readonly meant: number;
  /** Requests that reached the tool, or the model. */
  readonly happened: number;
}

const charge: Call = { method: "POST", path: "/charges", body: '{"order":"o1","amount":5}' };
const corrected: Call = { ...charge, body: '{"order":"o1","amount":6}' };
const weather: Call = { method: "GET", path: "/weather?city=Oslo" };
const search: Call = { method: "POST", path: "/search", body: '{"find":"o1"}' };

const plain = { isRun: false, effect: "by-method", hasKeys: false, behaviour: "ok" } as const;
const slow = { behaviour: "slow,delayMs=500" };

const repeats: readonly Repeat[] = [
  { ...plain, ...slow, name: "two equal calls in one turn", turns: [[charge, charge]] },
  { ...plain, name: "two equal calls in two turns", turns: [[charge], [charge]] },
  { ...plain, name: "two equal calls in two turns of a run", turns: [[charge], [charge]], isRun: true },
  { ...plain, name: "a GET, polled", turns: [[weather], [weather], [weather]] },
  { ...plain, name: "a GET, polled in a run", turns: [[weather], [weather], [weather]], isRun: true },
  { ...plain, name: "a POST that reads, polled", turns: [[search], [search], [search]], effect: "read" },
  {
    ...plain,
    name: "a POST that reads, polled in a run",
    turns: [[search], [search], [search]],
    effect: "read",
    isRun: true,
  },
  { ...plain, name: "a write, three times", turns: [[charge], [charge], [charge]] },
  { ...plain, name: "a write, three times in a run", turns: [[charge], [charge], [charge]], isRun: true },
  { ...plain, name: "refused with 422, corrected", turns: [[charge], [corrected]], behaviour: "422" },
  {
    ...plain,
    name: "refused with 422, corrected, in a run, irreversible",
    turns: [[charge], [corrected]],
    isRun: true,
    effect: "irreversible",
    behaviour: "422",
  },
  { ...plain, name: "refused with 422, sent again", turns: [[charge], [charge]], behaviour: "422" },
  {
    ...plain,
    name: "refused with 422, sent again in a run, irreversible",
    turns: [[charge], [charge]],
    isRun: true,
    effect: "irreversible",
    behaviour: "422",
  },
  {
    ...plain,
    ...slow,
    name: "two equal calls in one turn of a run, keys, clientKeys: stable",
    turns: [[charge, charge]],
    isRun: true,
    hasKeys: true,
  },
  {
    ...plain,
    name: "two equal calls in two turns of a run, the same, irreversible",
    turns: [[charge], [charge]],
    isRun: true,
    effect: "irreversible",
    hasKeys: true,
  },
  { ...plain, ...slow, name: "two equal calls in one turn of a run", turns: [[charge, charge]], isRun: true },
  {
    ...plain,
    name: "two equal calls in two turns of a run, irreversible",
    turns: [[charge], [charge]],
    isRun: true,
    effect: "irreversible",
  },
];

/** Requests to a model that are sent at once. */
const samples = 5;

/** Lets an agent repeat itself in every way, through one gateway in a process of its own. */
export async function repeatAll(): Promise<readonly Repeated[]> {
  const provider = await startProvider(scriptedTurns);
  const tools = await Promise.all(repeats.map(() => startToolServer()));
  const gateway = await startGateway({
    upstreams: { openai: { url: provider.url } },
    defaults: { anthropic: null, gemini: null },
    tools: Object.fromEntries(
      repeats.map(({ effect, hasKeys }, i) => [
        `tool-${i}`,
        { url: tools[i]?.url, effect, clientKeys: hasKeys ? "stable" : "random" },
      ]),
    ),
  });
  try {
    const sampled = [await sample(gateway.url, "sampling: five equal prompts at once")];
    sampled.push(await sample(`${gateway.url}/run/samples`, "sampling in a run"));
    const called = await Promise.all(
      repeats.map((repeat, index) => call(repeat, index, gateway.url, tools[index] as ToolServer)),
    );
    return [...sampled, ...called];
  } finally {
    await gateway.stop();
    await Promise.all([provider.close(), ...tools.map((server) => server.close())]);
  }
}

/** Says which request it was, so that an answer that was given twice is seen. */
function scriptedTurns(request: ScriptRequest): Answer {
  const index = /Repeat (\d+)/.exec(request.body)?.[1];
  if (index === undefined) return { text: `Sample ${request.index}`, delayMs: 300 };
  const said = objects(request.parsed["messages"]).filter(({ role }) => role === "assistant").length;
  const calls = repeats[Number(index)]?.turns[said] ?? [];
  if (calls.length === 0) return { text: "Done." };
  return { calls: calls.map((one) => ({ name: "request", arguments: { ...one } })) };
}

async function sample(modelsUrl: string, name: string): Promise<Repeated> {
  const client = new OpenAI({ baseURL: `${modelsUrl}/v1`, apiKey: "sk-test" });
  const answers = await Promise.all(
    Array.from({ length: samples }, () =>
      client.chat.completions.create({
        model: modelName.openai,
        messages: [{ role: "user", content: "Say anything." }],
      }),
    ),
  );
  const texts = answers.map(({ choices }) => choices[0]?.message.content);
  return { name, meant: samples, happened: new Set(texts).size };
}

async function call(repeat: Repeat, index: number, gateway: string, tools: ToolServer): Promise<Repeated> {
  tools.behave(repeat.behaviour);
  const base = `${gateway}${repeat.isRun ? `/run/repeat-${index}` : ""}`;
  const openai = createOpenAI({ baseURL: `${base}/v1`, apiKey: "sk-test" });
  let meant = 0;
  await generateText({
    model: openai.chat(modelName.openai),
    prompt: `Repeat ${index}`,
    tools: {
      request: tool({
        description: "Sends a request.",
        inputSchema: jsonSchema<Call>({ type: "object", additionalProperties: true }),
        async execute({ method, path, body }) {
          meant++;
          const answer = await fetch(`${base}/tools/tool-${index}${path}`, {
            method,
            headers: {
              "content-type": "application/json",
              ...(repeat.hasKeys ? { "idempotency-key": `decision-${meant}` } : {}),
            },
            ...(body === undefined ? {} : { body }),
          });
          return answer.text();
        },
      }),
    },
    stopWhen: isStepCount(repeat.turns.length + 1),
  });
  return { name: repeat.name, meant, happened: tools.requests.length };
}
