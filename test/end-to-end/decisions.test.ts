import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ScriptedCall } from "../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

interface Mail {
  readonly to: string;
  readonly subject?: string;
}
const mail = (to: string, subject?: string): ScriptedCall => ({
  name: "send_mail",
  arguments: { to, ...(subject === undefined ? {} : { subject }) },
});

const offers = ["send_mail", "look_up"].map((name) => ({
  type: "function" as const,
  function: { name, parameters: { type: "object" as const } },
}));

let provider: Provider;
let tools: ToolServer;
let gateway: RunningGateway;
/** What the model decides on, by the last words that it is told. */
let decided: Readonly<Record<string, readonly ScriptedCall[]>>;

const decisions = [
  {
    tool: "send_mail",
    methods: ["POST"],
    path: "/emails",
    arguments: { to: "{/to}", subject: "{/subject}" },
  },
];
function written(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    upstreams: { openai: { url: provider.url } },
    turns: { mode: "enforce", graceSeconds: 2 },
    tools: { mail: { url: tools.url, decisions } },
    ...more,
  };
}
beforeEach(async () => {
  decided = {};
  provider = await startProvider(({ parsed }) => {
    const messages = parsed["messages"] as readonly { content: string }[];
    const calls = decided[messages.at(-1)?.content ?? ""] ?? [];
    return calls.length === 0 ? { text: "Done." } : { calls };
  });
  tools = await startToolServer();
  gateway = await startTestGateway(written());
});
afterEach(async () => {
  await gateway.stop();
  await tools.close();
  await provider.close();
});

const base = (attempt: string): string => `${gateway.url}/run/r/attempt/${attempt}`;

/** Asks the model for a turn with the SDK, and gives what it decided on. */
async function turn(content: string, attempt = "a", stream = false): Promise<Mail[]> {
  const client = new OpenAI({ baseURL: `${base(attempt)}/v1`, apiKey: "sk-1", maxRetries: 0 });
  const asked = { model: "gpt-4o", messages: [{ role: "user" as const, content }], tools: offers };
  const answer = stream
    ? await client.chat.completions.stream(asked).finalChatCompletion()
    : await client.chat.completions.create(asked);
  return (answer.choices[0]?.message.tool_calls ?? []).map(
    (call) => JSON.parse("function" in call ? call.function.arguments : "{}") as Mail,
  );
}

const send = (body: object, attempt = "a", more: Record<string, string> = {}): Promise<Response> =>
  fetch(`${base(attempt)}/tools/mail/emails`, {
    method: "POST",
    headers: { "content-type": "application/json", ...more },
    body: JSON.stringify(body),
  });

async function sent(body: object, attempt = "a"): Promise<"executed" | "replayed"> {
  const answer = await send(body, attempt);
  expect(answer.status).toBe(201);
  await answer.text();
  return answer.headers.get("idempotent-replayed") === "true" ? "replayed" : "executed";
}

const executions = (): number => tools.effects.length;

describe.each([false, true])("what a model decided on (streamed: %s)", (stream) => {
  it("is executed as often as it decided: two equal calls twice, a third one not", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    const calls = await turn("go", "a", stream);
    expect(calls).toHaveLength(2);
    for (const call of calls) expect(await sent(call)).toBe("executed");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(2);
  });

  it("is executed as often where the calls come at the same time", async () => {
    decided = { go: [mail("a@x"), mail("a@x"), mail("b@x")] };
    const calls = await turn("go", "a", stream);
    const all = await Promise.all([...calls, { to: "a@x" }, { to: "b@x" }].map((call) => sent(call)));
    expect(all.filter((one) => one === "executed")).toHaveLength(3);
    expect(executions()).toBe(3);
  });

  it("is executed once more where the model decides on it in another turn", async () => {
    decided = { go: [mail("a@x")], again: [mail("a@x")] };
    for (const content of ["go", "again"]) {
      for (const call of await turn(content, "a", stream)) expect(await sent(call)).toBe("executed");
      expect(await sent({ to: "a@x" })).toBe("replayed");
    }
    expect(executions()).toBe(2);
  });

  it("counts each of several samples of one prompt", async () => {
    decided = { go: [mail("a@x")] };
    const samples = await Promise.all([1, 2, 3].map(() => turn("go", "a", stream)));
    for (const call of samples.flat()) expect(await sent(call)).toBe("executed");
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(3);
  });

  it("is not executed again by a later attempt, the k-th call for the k-th", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    for (const call of await turn("go", "a", stream)) expect(await sent(call)).toBe("executed");
    const again = await turn("go", "b", stream);
    expect(provider.requests).toHaveLength(1);
    for (const call of again) expect(await sent(call, "b")).toBe("replayed");
    expect(await sent({ to: "a@x" }, "b")).toBe("replayed");
    expect(executions()).toBe(2);
  });

  it("is executed by a later attempt where the first one had not come to it", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    const [first = { to: "" }] = await turn("go", "a", stream);
    expect(await sent(first)).toBe("executed");
    const again = await turn("go", "b", stream);
    const done: string[] = [];
    for (const call of again) done.push(await sent(call, "b"));
    expect(done).toEqual(["replayed", "executed"]);
    expect(executions()).toBe(2);
  });

  it("is known after a restart between the turn and its calls", async () => {
    decided = { go: [mail("a@x"), mail("a@x")] };
    const calls = await turn("go", "a", stream);
    gateway = await gateway.restart();
    for (const call of calls) expect(await sent(call)).toBe("executed");
    gateway = await gateway.restart();
    expect(await sent({ to: "a@x" })).toBe("replayed");
    expect(executions()).toBe(2);
  });
});
