import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Answer } from "../../../examples/provider/answer.ts";
import { type Provider, startProvider } from "../../../examples/provider/provider.ts";
import { defineGuard } from "../../../src/guards/guard.ts";
import { type RunningGateway, startTestGateway } from "../support/running-gateway.ts";

/** Much later than any client here has time for. */
const late: Answer = { delayMs: 6_000, text: "Too late." };
/** A stream that begins at once and takes 6 s. */
const slow: Answer = { text: Array.from({ length: 40 }, (_, at) => `${at} `), eventDelayMs: 150 };

let provider: Provider;
let gateway: RunningGateway;

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  gateway = await startTestGateway({
    upstreams: {
      openai: { url: provider.url },
      anthropic: { url: provider.url },
      gemini: { url: provider.url },
    },
    ...more,
  });
}
beforeEach(async () => {
  provider = await startProvider(() => late);
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const user = [{ role: "user" as const, content: "How warm is it?" }];
const headers = { "content-type": "application/json", authorization: "Bearer sk-1" };

async function ask(
  deadline: Readonly<Record<string, string>>,
  stream = false,
): Promise<{ response: Response; text: string; ms: number }> {
  const sinceMs = performance.now();
  const response = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: { ...headers, ...deadline },
    body: JSON.stringify({ model: "gpt-4o", messages: user, ...(stream ? { stream } : {}) }),
  });
  const text = await response.text();
  return { response, text, ms: performance.now() - sinceMs };
}
const wereSaid = (): readonly string[] => gateway.logged.map(({ what }) => what);

describe("a client whose deadline passes, where nobody could come for the answer", () => {
  it("hears before it that the upstream was stopped, in words that no client retries", async () => {
    await start();
    const { response, text, ms } = await ask({ "longstop-deadline": "2" });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(response.headers.get("retry-after")).toBeNull();
    const { error } = JSON.parse(text) as { error: Record<string, unknown> };
    expect(error).toMatchObject({ code: "deadline_exceeded", limit: "total", seconds: 1 });
    expect(ms).toBeGreaterThan(900);
    expect(ms).toBeLessThan(2_000);
    await expect.poll(() => provider.requests[0]?.outcome, { timeout: 3_000 }).toBe("client-gone");
    expect(provider.requests).toHaveLength(1);
    expect(provider.requests[0]?.headers).not.toHaveProperty("longstop-deadline");
    expect(wereSaid()).toContain("the deadline of a client passed");
  });

  it.each(["whole", "stream"] as const)("is the OpenAI SDK with its own timeout, %s", async (mode) => {
    await start();
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sk-1" });
    const body = { model: "gpt-4o", messages: user, stream: mode === "stream" };
    const asking = client.chat.completions.create(body, { timeout: 2_500 });
    await expect(asking).rejects.toMatchObject({ status: 400, code: "deadline_exceeded" });
    expect(provider.requests.map(({ headers: sent }) => sent["x-stainless-timeout"])).toEqual(["2"]);
  });

  it.each(["whole", "stream"] as const)("is the Anthropic SDK with its own timeout, %s", async (mode) => {
    await start();
    const client = new Anthropic({ baseURL: gateway.url, apiKey: "sk-1", timeout: 2_500 });
    const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages: user };
    const asking =
      mode === "whole" ? client.messages.create(body) : client.messages.stream(body).finalMessage();
    await expect(asking).rejects.toMatchObject({ status: 400, errorCode: "deadline_exceeded" });
    expect(provider.requests).toHaveLength(1);
  });

  it("ends a stream that had begun with the error event of its protocol", async () => {
    await start();
    provider.play(() => slow);
    const defaultHeaders = { "longstop-deadline": "3" };
    const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: "sk-1", defaultHeaders });
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "sk-1", defaultHeaders });
    const chat = async (): Promise<void> => {
      const body = { model: "gpt-4o", messages: user, stream: true } as const;
      let got = 0;
      try {
        for await (const chunk of await openai.chat.completions.create(body)) got += chunk.choices.length;
      } finally {
        expect(got).toBeGreaterThan(3);
      }
    };
    const responses = async (): Promise<void> => {
      const body = { model: "gpt-4o", input: "How warm is it?", stream: true } as const;
      for await (const event of await openai.responses.create(body)) expect(event.type).not.toBe("");
    };
    const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages: user };
    const wholeWithin = "The answer was not whole within 2 s";
    await Promise.all([
      expect(chat()).rejects.toMatchObject({ code: "deadline_exceeded" }),
      expect(responses()).rejects.toThrow(wholeWithin),
      expect(anthropic.messages.stream(body).finalMessage()).rejects.toThrow(wholeWithin),
    ]);
    expect(provider.requests).toHaveLength(3);
    const outcomes = (): unknown => provider.requests.map(({ outcome }) => outcome);
    await expect.poll(outcomes, { timeout: 3_000 }).toEqual(["client-gone", "client-gone", "client-gone"]);
  });

  it("hears of a silence before it takes that for an end", async () => {
    await start({ hold: { preambleMs: 0 } });
    provider.play(() => ({ text: ["One ", "two."], eventDelayMs: 5_000 }));
    const { response, text, ms } = await ask({ "x-stainless-read-timeout": "2.0" }, true);
    expect(response.status).toBe(200);
    expect(text).toContain('"limit":"silence"');
    expect(ms).toBeLessThan(3_000);
    expect(text).not.toContain("[DONE]");
  });

  it("goes on for as long as something comes", async () => {
    await start();
    provider.play(() => ({ text: ["1 ", "2 ", "3 ", "4 ", "5 ", "6."], eventDelayMs: 400 }));
    const { text, ms } = await ask({ "x-stainless-read-timeout": "2.4", "x-stainless-timeout": "2" }, true);
    expect(text).toContain("[DONE]");
    expect(ms).toBeGreaterThan(2_400);
  });

  it("hears that nothing was sent while a guard is still thinking", async () => {
    const slowGuard = defineGuard({
      name: "slow",
      version: 1,
      summary: "Takes its time.",
      options: {},
      watch: () => ({
        watches: {
          prompt: async () => {
            await sleep(4_000);
            return { kind: "pass" };
          },
        },
      }),
    });
    gateway = await startTestGateway(
      { upstreams: { openai: { url: provider.url } }, posts: [{ guard: "slow", mode: "enforce" }] },
      [slowGuard],
    );
    const { response, text } = await ask({ "longstop-deadline": "2" });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeLessThanOrEqual(60);
    expect(text).toContain("Nothing was sent");
    await sleep(3_500);
    expect(provider.requests).toHaveLength(0);
  });

  it("hears that nothing was sent while the upstream is still being connected to", async () => {
    // Takes connections, and never says a word of TLS.
    const mute = createServer((socket) => void socket.on("error", () => {}));
    await new Promise<void>((listening) => mute.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void mute.close());
    const { port } = mute.address() as { port: number };
    gateway = await startTestGateway({ upstreams: { openai: { url: `https://127.0.0.1:${port}` } } });
    expect((await ask({ "longstop-deadline": "2" })).response.status).toBe(503);
  });

  it("is refused where its instant was over before it asked", async () => {
    await start();
    const { response, text } = await ask({ "longstop-deadline": "2020-01-01T00:00:00Z" });
    expect(response.status).toBe(400);
    expect(response.headers.get("x-should-retry")).toBe("false");
    expect(text).toContain("deadline_exceeded");
    expect(provider.requests).toHaveLength(0);
  });

  it("hears it also where nobody watches the answer, whole or streamed", async () => {
    await start({ posts: [] });
    const { response } = await ask({ "longstop-deadline": "2" });
    expect(response.status).toBe(400);
    provider.play(() => slow);
    // What nobody reads has no event that could end it: its connection breaks.
    await expect(ask({ "longstop-deadline": "2" }, true)).rejects.toThrow();
    await expect.poll(() => provider.requests[1]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });

  it("hears nothing in report mode, and the log says what it would have", async () => {
    await start({ deadlines: { mode: "report" } });
    provider.play(() => ({ text: "In its own time.", delayMs: 1_600 }));
    const { response } = await ask({ "longstop-deadline": "2" });
    expect(response.status).toBe(200);
    const line = gateway.logged.find(({ what }) => what.startsWith("the client would have been told"));
    expect(line?.fields).toMatchObject({ code: "deadline_exceeded", status: 400 });
  });

  it("is not looked at where deadlines are off", async () => {
    await start({ deadlines: { mode: "off" } });
    provider.play(() => ({ text: "In its own time.", delayMs: 1_200 }));
    expect((await ask({ "longstop-deadline": "whenever" })).response.status).toBe(200);
  });

  it("has what the configuration says where it says nothing", async () => {
    await start({ deadlines: { totalSeconds: 2 } });
    expect((await ask({})).response.status).toBe(400);
    provider.play(() => slow);
    expect((await ask({}, true)).text).toContain('"limit":"total"');
  });

  it("is refused in the words of its protocol where it says it unclearly", async () => {
    await start();
    const { response, text } = await ask({ "longstop-deadline": "soon" });
    expect([response.status, text]).toEqual([400, expect.stringContaining("request_malformed")]);
    const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: "sk-1" });
    const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages: user };
    const asking = anthropic.messages.create(body, { headers: { "longstop-deadline": "soon" } });
    await expect(asking).rejects.toMatchObject({ status: 400, errorCode: "request_malformed" });
    expect(provider.requests).toHaveLength(0);
  });
});

describe("a repair under a deadline", () => {
  const tools = [
    {
      type: "function",
      function: {
        name: "weather",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      },
    },
  ];
  const wrong: Answer = { calls: [{ name: "weather", arguments: { town: 1 } }] };
  const right: Answer = { calls: [{ name: "weather", arguments: { city: "Graz" } }] };
  const askWithTools = (deadline: string, stream: boolean): Promise<Response> =>
    fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { ...headers, "longstop-deadline": deadline },
      body: JSON.stringify({ model: "gpt-4o", messages: user, tools, stream }),
    });

  it.each([false, true])("is made where there is time for it (stream: %s)", async (stream) => {
    await start();
    provider.play([wrong, right]);
    const answer = await askWithTools("10", stream);
    expect(await answer.text()).toContain('"finish_reason":"tool_calls"');
    expect(provider.requests).toHaveLength(2);
  });

  it.each([false, true])("is not begun where it could not end in time (stream: %s)", async (stream) => {
    await start();
    provider.play([{ ...wrong, delayMs: 1_800 }, right]);
    const answer = await askWithTools("4", stream);
    expect(await answer.text()).toContain("the client's deadline leaves no time to ask again");
    expect(provider.requests).toHaveLength(1);
  });

  it.each([false, true])("is cut where it takes too long (stream: %s)", async (stream) => {
    await start();
    provider.play([wrong, late]);
    const answer = await askWithTools("2.5", stream);
    expect(await answer.text()).toContain("deadline_exceeded");
    expect(provider.requests).toHaveLength(2);
    await expect.poll(() => provider.requests[1]?.outcome, { timeout: 3_000 }).toBe("client-gone");
  });
});
