import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Answer } from "../../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import type { ToldTurn } from "../../../src/proxy/turns/recorded-turn.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

let provider: Provider;
let gateway: RunningGateway;

async function start(turns: Readonly<Record<string, unknown>> = {}): Promise<void> {
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
    admin: { port: 0 },
    turns: { mode: "enforce", graceSeconds: 2, ...turns },
  });
}
beforeEach(async () => {
  provider = await startProvider();
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const parameters = { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function" as const, function: { name: "weather", parameters } }];
const messages = [{ role: "user" as const, content: "How warm is it?" }];
const headers = { "content-type": "application/json", authorization: "Bearer sk-1" };

/** Two calls behind a text of three pieces. */
const twoCalls = (city = "Graz"): Answer => ({
  text: ["I ", "look ", "twice."],
  calls: [
    { id: "call_a", name: "weather", arguments: { city } },
    { id: "call_b", name: "weather", arguments: { city: "Wien" } },
  ],
});

function ask(stream = false, run = "r"): Promise<Response> {
  const body = JSON.stringify({ model: "gpt-4o", messages, tools, ...(stream && { stream }) });
  return fetch(`${gateway.url}/run/${run}/v1/chat/completions`, { method: "POST", headers, body });
}

async function turnAt(partial: string, run = "r"): Promise<ToldTurn> {
  const answer = await fetch(`${gateway.adminUrl}/runs/${run}/turns/${partial}`);
  expect(answer.status).toBe(200);
  return (await answer.json()) as ToldTurn;
}

/** What the stream says in the comment before its error. */
const partialIn = (stream: string): string =>
  /: longstop \{"partial":"([^"]+)"\}\n\n(?:event: error\n)?data: \{[^\n]*error/.exec(stream)?.[1] ?? "none";

describe("a turn of a run that broke off", () => {
  it("is named by the error of a whole answer, and its part can be read", async () => {
    await start();
    provider.play([{ ...twoCalls(), cutAfterEvents: 3 }]);
    const failed = await ask();
    expect(failed.status).toBe(502);
    const partial = failed.headers.get("longstop-partial") ?? "none";
    expect(await turnAt(partial)).toMatchObject({
      turn: partial,
      epoch: 1,
      state: "declined",
      run: "r",
      target: "openai",
      model: "gpt-4o",
      complete: false,
      text: "I look ",
      calls: [],
    });
  });

  it("is named by the comment before the error event of a stream", async () => {
    await start();
    provider.play([{ ...twoCalls(), cutAfterEvents: 3 }]);
    const stream = await (await ask(true)).text();
    expect(await turnAt(partialIn(stream))).toMatchObject({ complete: false, text: "I look " });
  });

  it("is named as well where the upstream's own error ends it", async () => {
    await start();
    provider.play([{ ...twoCalls(), errorAfterEvents: 3 }]);
    const stream = await (await ask(true)).text();
    expect(await turnAt(partialIn(stream))).toMatchObject({ complete: false, text: "I look " });
  });

  it.each([true, false])(
    "keeps the calls that were whole, which no client was shown (stream: %s)",
    async (stream) => {
      await start();
      // Behind the role, three pieces of text, and the first call in three: in the middle of the second.
      provider.play([{ ...twoCalls(), cutAfterEvents: 9 }]);
      const failed = await ask(stream);
      const partial = stream
        ? partialIn(await failed.text())
        : (failed.headers.get("longstop-partial") ?? "none");
      const { text, calls, bytes } = await turnAt(partial);
      expect([text, calls]).toEqual([
        "I look twice.",
        [{ id: "call_a", name: "weather", arguments: '{"city":"Graz"}' }],
      ]);
      const shown = await (await fetch(`${gateway.adminUrl}/runs/r/turns/${partial}?bytes=shown`)).text();
      expect(shown).not.toContain("call_a");
      const said = await (await fetch(`${gateway.adminUrl}/runs/r/turns/${partial}?bytes=said`)).text();
      expect([said.length, said.includes("call_a"), said.includes("call_b")]).toEqual([
        bytes.said,
        true,
        true,
      ]);
    },
  );

  it("is there after a restart of the gateway, and stays there when it was asked for anew", async () => {
    await start();
    provider.play([{ ...twoCalls(), cutAfterEvents: 9 }, { text: "Whole." }]);
    const partial = (await ask()).headers.get("longstop-partial") ?? "none";
    gateway = await gateway.restart();
    expect(await (await ask()).text()).toContain("Whole.");
    expect(await turnAt(partial)).toMatchObject({ epoch: 1, state: "superseded", text: "I look twice." });
    expect(await turnAt(partial.replace(/\.1$/, ""))).toMatchObject({
      epoch: 2,
      state: "done",
      text: "Whole.",
    });
  });

  it("is not named where there is nothing of it", async () => {
    await start();
    provider.play([{ dropBeforeHeaders: true }]);
    const failed = await ask();
    expect([failed.status, failed.headers.get("longstop-partial")]).toEqual([502, null]);
  });
});

/** Real SDKs that ask for a turn again until it is one. `maxRetries` is their own doing. */
const sdks = [
  {
    name: "openai",
    async ask(stream: boolean): Promise<unknown> {
      const client = new OpenAI({ baseURL: `${gateway.url}/run/r/v1`, apiKey: "sk-1", maxRetries: 1 });
      const params = { model: "gpt-4o", messages, tools };
      const answer = stream
        ? await client.chat.completions.stream(params).finalChatCompletion()
        : await client.chat.completions.create(params);
      const choice = answer.choices[0];
      const calls = (choice?.message.tool_calls ?? []).flatMap((call) =>
        "function" in call ? [call.id] : [],
      );
      return [choice?.message.content, calls, choice?.finish_reason];
    },
    length: "length",
    cuts: [3, 4, 5, 6, 9],
  },
  {
    name: "anthropic",
    async ask(stream: boolean): Promise<unknown> {
      const client = new Anthropic({ baseURL: `${gateway.url}/run/r`, apiKey: "sk-1", maxRetries: 1 });
      const params = {
        model: "claude-sonnet-4-5",
        max_tokens: 100,
        messages,
        tools: [{ name: "weather", input_schema: parameters }],
      };
      const answer = stream
        ? await client.messages.stream(params).finalMessage()
        : await client.messages.create(params);
      const text = answer.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
      const calls = answer.content.flatMap((block) => (block.type === "tool_use" ? [block.id] : []));
      return [text, calls, answer.stop_reason];
    },
    length: "max_tokens",
    cuts: [5, 6, 8, 11, 14],
  },
] as const;

describe.each(sdks)(
  "$name, where the retry of a turn gets what had come of it",
  ({ ask: askOnce, length, cuts }) => {
    it.each([
      ["whole", "whole"],
      ["stream", "stream"],
      ["stream", "whole"],
      ["whole", "stream"],
    ])("asks %s and then %s, and the model is paid once wherever it is cut", async (first, second) => {
      await start({ onPartial: "replay-partial" });
      const got = new Set<string>();
      for (const cutAfterEvents of cuts) {
        gateway = await gateway.restartWith({
          upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
          ledger: { kind: "sqlite", file: `${gateway.ledgerFile}.${cutAfterEvents}` },
          turns: { mode: "enforce", onPartial: "replay-partial" },
        });
        provider.play([{ ...twoCalls(), cutAfterEvents }, { text: "Asked anew." }]);
        const before = provider.requests.length;
        const answer = await askOnce(first === "stream").catch(() => askOnce(second === "stream"));
        expect(answer).toEqual([expect.any(String), expect.any(Array), length]);
        expect(provider.requests.length - before).toBe(1);
        got.add(JSON.stringify(answer));
      }
      expect([...got]).toContain(JSON.stringify(["I look twice.", ["call_a"], length]));
    });
  },
);

describe("the retry of a turn that broke off", () => {
  const cut = (events: number, city?: string): Answer => ({ ...twoCalls(city), cutAfterEvents: events });

  it("is marked, and answered so to a later attempt too", async () => {
    await start({ onPartial: "replay-partial" });
    provider.play([cut(9)]);
    const partial = (await ask()).headers.get("longstop-partial");
    const retry = await ask();
    expect([retry.status, retry.headers.get("longstop-partial")]).toEqual([200, partial]);
    const text = await retry.text();
    const body = JSON.stringify({ model: "gpt-4o", messages, tools });
    const later = await fetch(`${gateway.url}/run/r/attempt/2/v1/chat/completions`, {
      method: "POST",
      headers,
      body,
    });
    expect([later.headers.get("longstop-replayed"), await later.text()]).toEqual(["true", text]);
    expect(provider.requests).toHaveLength(1);
  });

  it("asks the model anew where that is configured, as by default", async () => {
    await start();
    provider.play([cut(9), { text: "Asked anew." }]);
    await ask();
    expect(await (await ask()).text()).toContain("Asked anew.");
  });

  it("asks the model anew where nothing had come, or where it had been refused", async () => {
    await start({ onPartial: "replay-partial" });
    provider.play([cut(1), { text: "Asked anew." }]);
    await ask();
    expect(await (await ask()).text()).toContain("Asked anew.");
    provider.play([{ error: { status: 503, message: "Busy." } }, { text: "Asked again." }]);
    expect((await ask(false, "s")).status).toBe(503);
    expect(await (await ask(false, "s")).text()).toContain("Asked again.");
  });

  it("releases no call that would be refused", async () => {
    await start({ onPartial: "replay-partial" });
    const bad: Answer = {
      text: ["I look."],
      calls: [
        { id: "call_a", name: "weather", arguments: { town: 1 } },
        { id: "call_b", name: "weather", arguments: { city: "Wien" } },
      ],
      cutAfterEvents: 7,
    };
    provider.play([bad, { text: "Asked anew." }]);
    await ask();
    const text = await (await ask()).text();
    expect([text.includes("Asked anew."), text.includes("call_a")]).toEqual([true, false]);
  });
});
