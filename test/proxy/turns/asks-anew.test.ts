import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asksAnew } from "../../../src/proxy/turns/asks-anew.ts";
import type { Provider } from "../../../examples/provider/provider.ts";
import { startToolServer } from "../../../examples/tool-server/tool-server.ts";
import { startNumberedProvider } from "../support/numbered-provider.ts";
import { startTestGateway, type RunningGateway } from "../support/running-gateway.ts";

it("is on or off, and nothing else", () => {
  expect(asksAnew({})).toBe(false);
  expect(asksAnew({ "longstop-replay": "on" })).toBe(false);
  expect(asksAnew({ "longstop-replay": "off" })).toBe(true);
  for (const wish of ["", "OFF", "off, off", "no"]) {
    expect(() => asksAnew({ "longstop-replay": wish })).toThrow('"on" or "off"');
  }
});

describe("a request that asks anew", () => {
  let provider: Provider;
  let gateway: RunningGateway;
  beforeEach(async () => {
    provider = await startNumberedProvider();
    gateway = await startTestGateway({
      upstreams: { openai: { url: provider.url } },
      turns: { mode: "enforce" },
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
  });

  async function ask(prefix: string, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(`${gateway.url}${prefix}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "How warm is it?" }] }),
    });
    const told = (await answer.json()) as {
      choices?: { message: { content: string } }[];
      error?: { message: string };
    };
    return {
      status: answer.status,
      text: told.choices?.[0]?.message.content ?? told.error?.message,
      replayed: answer.headers.get("longstop-replayed"),
      recorded: answer.headers.get("longstop-recorded"),
    };
  }
  const off = { "longstop-replay": "off" };

  it("is given no recorded answer, and leaves those of other requests as they are", async () => {
    expect(await ask("/run/r/attempt/1")).toMatchObject({ text: "Answer 1.", replayed: null });
    expect(await ask("/run/r/attempt/2", off)).toMatchObject({
      text: "Answer 2.",
      replayed: null,
      recorded: null,
    });
    expect(await ask("/run/r/attempt/2")).toMatchObject({ text: "Answer 1.", replayed: "true" });
    expect(await ask("/run/r/attempt/3")).toMatchObject({ text: "Answer 1.", replayed: "true" });
    expect(provider.requests).toHaveLength(2);
    // What it was told is its client's wish, and no matter of the model's.
    expect(provider.requests.every(({ headers }) => !("longstop-replay" in headers))).toBe(true);
  });

  it("is no retry, whatever else it says", async () => {
    const key = { "idempotency-key": "turn-1" };
    expect(await ask("/run/r/attempt/1", key)).toMatchObject({ text: "Answer 1." });
    expect(await ask("/run/r/attempt/1", { ...key, ...off })).toMatchObject({ text: "Answer 2." });
    const retry = { "x-stainless-retry-count": "1" };
    expect(await ask("/run/r/attempt/1", { ...retry, ...off })).toMatchObject({ text: "Answer 3." });
    expect(await ask("/run/r/attempt/1", key)).toMatchObject({ text: "Answer 1.", replayed: "true" });
  });

  it("is refused in the caller's words where it wants something else", async () => {
    expect(await ask("", { "longstop-replay": "never" })).toMatchObject({
      status: 400,
      text: expect.stringContaining('Longstop-Replay is "on" or "off", and not "never".'),
    });
    expect(provider.requests).toHaveLength(0);
  });

  it("says nothing of effects", async () => {
    const tools = await startToolServer();
    const other = await startTestGateway({
      tools: { pay: { url: tools.url } },
      turns: { mode: "enforce" },
    });
    const pay = (attempt: string): Promise<Response> =>
      fetch(`${other.url}/run/r/attempt/${attempt}/tools/pay/charges`, {
        method: "POST",
        headers: { "content-type": "application/json", ...off },
        body: '{"amount":1}',
      });
    expect((await pay("1")).headers.get("idempotent-replayed")).toBeNull();
    expect((await pay("2")).headers.get("idempotent-replayed")).toBe("true");
    await other.stop();
    await tools.close();
  });
});
