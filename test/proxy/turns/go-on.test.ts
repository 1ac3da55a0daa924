import Anthropic from "@anthropic-ai/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { defineGuard, type Guard } from "../../../src/guards/guard.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

let provider: Provider;
let gateway: RunningGateway;

const written = (turns: object = {}, more: object = {}): Record<string, unknown> => ({
  upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
  admin: { port: 0 },
  turns: { mode: "enforce", graceSeconds: 2, onPartial: "continue", ...turns },
  ...more,
});

async function start(turns: object = {}, more: object = {}, watching: readonly Guard[] = []): Promise<void> {
  gateway = await startTestGateway(written(turns, more), watching);
}

/** Refuses replies that say a word. */
const keeper: Guard = defineGuard({
  name: "keeper",
  version: 1,
  summary: "For tests.",
  options: {},
  watch: () => ({
    hold: "all",
    watches: {
      reply: ({ text }) =>
        text.includes("LIE")
          ? { kind: "block", reason: "false", toModel: "That was false. Say it right." }
          : { kind: "pass" },
    },
  }),
});

beforeEach(async () => {
  provider = await startProvider();
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const parameters = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] };
const question = { role: "user" as const, content: "How warm is it?" };
const params = {
  model: "claude-sonnet-4-5",
  max_tokens: 100,
  messages: [question],
  tools: [{ name: "weather", input_schema: parameters }],
};
const cutText = (cutAfterEvents: number, more: Answer = {}): Answer => ({
  text: ["I ", "look ", "twice."],
  cutAfterEvents,
  ...more,
});
const look = { id: "call_a", name: "weather", arguments: { city: "Graz" } };

/** What of an answer is looked at: its blocks, why it ended, and its tokens. */
function told({ content, stop_reason, usage }: Anthropic.Message): readonly unknown[] {
  const blocks = content.map((block) => {
    if (block.type === "text") return block.text;
    return block.type === "tool_use" ? [block.id, block.input] : block.type;
  });
  return [blocks, stop_reason, usage.output_tokens];
}

async function ask(stream: boolean, more: object = {}, run = "r"): Promise<readonly unknown[]> {
  const client = new Anthropic({ baseURL: `${gateway.url}/run/${run}`, apiKey: "sk-1", maxRetries: 0 });
  const asked = { ...params, ...more };
  return told(
    stream ? await client.messages.stream(asked).finalMessage() : await client.messages.create(asked),
  );
}

/** Asks until it is answered: once, and once again. */
const askTwice = (stream: boolean, more: object = {}, run = "r"): Promise<readonly unknown[]> =>
  ask(stream, more, run).catch(() => ask(stream, more, run));

/** The messages that the provider was sent, request by request. */
const sent = (): unknown[] => provider.requests.map(({ parsed }) => parsed["messages"]);
const behind = (text: string): unknown[] => [question, { role: "assistant", content: text }];

describe.each([
  ["whole", "whole"],
  ["stream", "stream"],
  ["stream", "whole"],
  ["whole", "stream"],
])("the retry of a turn that broke off, asked for %s and then %s", (one, two) => {
  const asking = async (more: object = {}): Promise<readonly unknown[]> =>
    ask(one === "stream", more).catch(() => ask(two === "stream", more));

  it("gets what there was of it and what the model goes on with, as one text", async () => {
    await start();
    provider.play([cutText(5), { text: [" twi", "ce."], usage: { input: 40, output: 20 } }]);
    expect(await asking()).toEqual([["I look twice."], "end_turn", 21]);
    expect(sent()).toEqual([[question], behind("I look")]);
    const [first, second] = provider.requests.map(({ parsed }) => ({ ...parsed, messages: [] }));
    expect(second).toEqual(first);
  });

  it("gets the calls that the model goes on with", async () => {
    await start();
    provider.play([cutText(7), { text: "", calls: [look] }]);
    expect(await asking()).toEqual([
      ["I look twice.", ["call_a", { city: "Graz" }]],
      "tool_use",
      expect.any(Number),
    ]);
    expect(sent()).toEqual([[question], behind("I look twice.")]);
  });

  it.each([
    ["a call had begun", 9],
    ["a call was whole", 12],
  ])("asks anew where %s", async (_when, cutAfterEvents) => {
    await start();
    provider.play([
      cutText(cutAfterEvents, { calls: [look, { ...look, id: "call_b" }] }),
      { text: "Asked anew." },
    ]);
    expect(await asking()).toEqual([["Asked anew."], "end_turn", expect.any(Number)]);
    expect(sent()).toEqual([[question], [question]]);
  });
});

describe("the retry of a turn that broke off", () => {
  it("asks anew where the model had thought", async () => {
    await start();
    const thinking = { type: "enabled", budget_tokens: 1024 };
    provider.play([{ thinking: "Hm.", ...cutText(10) }, { text: "Asked anew." }]);
    expect((await askTwice(true, { thinking, max_tokens: 2000 }))[0]).toEqual(["Asked anew."]);
    expect(sent()).toEqual([[question], [question]]);
  });

  it.each([true, false])(
    "asks anew a model that refuses, which no client sees, and no second time (stream: %s)",
    async (stream) => {
      await start();
      const message =
        "This model does not support assistant message prefill. The conversation must end with a user message.";
      const refusing = { error: { status: 400, message } };
      provider.play([cutText(5), refusing, { text: "Asked anew." }, cutText(5), { text: "Once more." }]);
      expect((await askTwice(stream))[0]).toEqual(["Asked anew."]);
      expect(sent()).toEqual([[question], behind("I look"), [question]]);
      expect((await askTwice(stream, {}, "s"))[0]).toEqual(["Once more."]);
      expect(sent().slice(3)).toEqual([[question], [question]]);
    },
  );

  it("does not take a model for one that refuses where the request itself is refused", async () => {
    await start();
    const refusing = { error: { status: 400, message: "Too long." } };
    provider.play([cutText(5), refusing, refusing, cutText(5), { text: " twice." }]);
    await expect(askTwice(true)).rejects.toThrow("Too long.");
    expect((await askTwice(true, {}, "s"))[0]).toEqual(["I look twice."]);
  });

  it("is asked for on behalf of a client that cannot go on behind a stream where none comes", async () => {
    await start();
    const whole = { status: 200, headers: { "content-type": "application/json" }, body: "{}" };
    provider.play([cutText(5), whole, { text: "Asked anew." }]);
    expect((await askTwice(false))[0]).toEqual(["Asked anew."]);
    await gateway.reload(written({ upstreamStreaming: "off" }));
    provider.play([cutText(5), { text: "Asked whole." }]);
    await expect(ask(true, {}, "s")).rejects.toThrow();
    expect((await ask(false, {}, "s"))[0]).toEqual(["Asked whole."]);
  });

  it("goes on behind the same words where the provider was busy in between", async () => {
    await start();
    provider.play([cutText(5), { error: { status: 529, message: "Busy." } }, { text: " twice." }]);
    await expect(ask(true)).rejects.toThrow();
    await expect(ask(true)).rejects.toThrow("Busy.");
    expect((await ask(true))[0]).toEqual(["I look twice."]);
    expect(sent()).toEqual([[question], behind("I look"), behind("I look")]);
  });

  it("goes on behind all that there is where it breaks off again", async () => {
    await start();
    provider.play([cutText(4), { text: [" look", " tw", "ice"], cutAfterEvents: 5 }, { text: "ice." }]);
    await expect(ask(false)).rejects.toThrow();
    await expect(ask(true)).rejects.toThrow();
    expect((await ask(false))[0]).toEqual(["I look twice."]);
    expect(sent()).toEqual([[question], behind("I"), behind("I look tw")]);
  });

  it("goes on as well where nobody judges answers, and after a restart", async () => {
    await start({}, { posts: [] });
    provider.play([cutText(5), { text: " twice." }]);
    await expect(ask(true)).rejects.toThrow();
    gateway = await gateway.restart();
    expect((await ask(true))[0]).toEqual(["I look twice."]);
    expect(sent()).toEqual([[question], behind("I look")]);
  });

  it("is marked with what it begins with, and is what a later attempt is given", async () => {
    await start();
    provider.play([cutText(5), { text: " twice." }]);
    const headers = {
      "content-type": "application/json",
      "x-api-key": "sk-1",
      "anthropic-version": "2023-06-01",
    };
    const post = (attempt: string): Promise<Response> =>
      fetch(`${gateway.url}/run/r${attempt}/v1/messages`, {
        method: "POST",
        headers,
        body: JSON.stringify(params),
      });
    const partial = (await post("")).headers.get("longstop-partial");
    const retry = await post("");
    expect([retry.status, retry.headers.get("longstop-partial")]).toEqual([200, partial]);
    const text = await retry.text();
    expect(text).toContain("I look twice.");
    const later = await post("/attempt/2");
    expect([later.headers.get("longstop-replayed"), await later.text()]).toEqual(["true", text]);
    const turn = await fetch(`${gateway.adminUrl}/runs/r/turns/${partial?.replace(/\.1$/, "")}`);
    expect(await turn.json()).toMatchObject({
      epoch: 2,
      state: "done",
      text: "I look twice.",
      complete: true,
    });
    expect(provider.requests).toHaveLength(2);
  });

  it("has its calls judged: a model that made a mistake is asked again behind the whole of it", async () => {
    await start();
    const bad = { ...look, arguments: { town: 1 } };
    provider.play([cutText(7), { text: "", calls: [bad] }, { text: "Then not." }]);
    expect((await askTwice(false))[0]).toEqual(["Then not."]);
    expect(sent()[2]).toMatchObject([
      question,
      { role: "assistant", content: [{ type: "text", text: "I look twice." }, { type: "tool_use" }] },
      { role: "user" },
    ]);
  });

  it.each([true, false])("is judged as a whole by who judges replies (stream: %s)", async (stream) => {
    await start({}, { posts: [{ guard: "keeper" }] }, [keeper]);
    provider.play([
      { text: ["It is a LI", "E."], cutAfterEvents: 4 },
      { text: "E." },
      { text: "It is the truth." },
    ]);
    expect((await askTwice(stream))[0]).toEqual(["It is the truth."]);
    expect(sent()[1]).toEqual(behind("It is a LI"));
    const [, said] = sent()[2] as [unknown, { readonly content: unknown }];
    expect(said.content).toEqual([{ type: "text", text: "It is a LIE." }]);
  });

  it("tells the client what the provider says where it is asked again, and asks for no other form", async () => {
    await start();
    const bad = { ...look, arguments: { town: 1 } };
    const refusing = { error: { status: 400, message: "This model cannot stream that." } };
    provider.play([cutText(7), { text: "", calls: [bad] }, refusing, { text: "Whole." }]);
    await expect(askTwice(false)).rejects.toThrow("answered 400");
    expect(provider.requests).toHaveLength(3);
  });

  it.each([
    ["nothing", {}],
    ["a text", { text: "So." }],
  ])("asks anew where the model had been asked again behind %s when it broke off", async (_what, before) => {
    await start();
    const bad = { ...look, arguments: { town: 1 } };
    provider.play([{ ...before, calls: [bad] }, cutText(5), { text: "Asked anew." }]);
    expect((await askTwice(true))[0]).toEqual(["Asked anew."]);
    expect(sent()[2]).toEqual([question]);
  });

  it("asks anew a model of another protocol", async () => {
    await start();
    provider.play([cutText(3), { text: "Asked anew." }]);
    const post = (): Promise<Response> =>
      fetch(`${gateway.url}/run/r/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer sk-1" },
        body: JSON.stringify({ model: "gpt-4o", messages: [question] }),
      });
    expect((await post()).status).toBe(502);
    expect(await (await post()).text()).toContain("Asked anew.");
    expect(sent()).toEqual([[question], [question]]);
  });

  it("asks anew where nothing else is configured", async () => {
    await start({ onPartial: "attach" });
    provider.play([cutText(5), { text: "Asked anew." }]);
    expect((await askTwice(true))[0]).toEqual(["Asked anew."]);
    expect(sent()).toEqual([[question], [question]]);
  });
});
