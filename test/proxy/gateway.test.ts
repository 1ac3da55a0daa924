import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { afterEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const badCall = { id: "c1", type: "function", function: { name: "nope", arguments: "{}" } };

describe("the gateway", () => {
  let provider: Provider;
  let gateway: RunningGateway;

  async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    provider = await startProvider();
    gateway = await startTestGateway({
      posts: [{ guard: "tool-schema" }],
      upstreams: {
        openai: { url: provider.url },
        anthropic: { url: provider.url },
        other: { url: `${provider.url}/base` },
      },
      ...more,
    });
  }
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
  });

  it("shows its sentence in error.message of the real SDKs", async () => {
    await start({ defaults: { openai: null, anthropic: null } });
    const openai = new OpenAI({ apiKey: "k", baseURL: `${gateway.url}/v1`, maxRetries: 0 });
    await expect(openai.models.list()).rejects.toThrow(/404 No upstream serves "\/v1\/models"/);
    const anthropic = new Anthropic({ apiKey: "k", baseURL: gateway.url, maxRetries: 0 });
    await expect(anthropic.models.list()).rejects.toThrow(/No upstream serves/);
  });

  it("is not asked a second time by an SDK for what must not be repeated", async () => {
    await start();
    provider.play(() => ({ calls: [{ name: "nope", arguments: {} }] }));
    const openai = new OpenAI({ apiKey: "k", baseURL: `${gateway.url}/v1`, maxRetries: 4 });
    const asked = openai.chat.completions.create({
      model: "gpt-4o",
      messages: [{ role: "user", content: "x" }],
      tools: [{ type: "function", function: { name: "a", parameters: { type: "object", properties: {} } } }],
    });
    await expect(asked).rejects.toMatchObject({ status: 400, code: "call_refused" });
    expect(gateway.logged.filter(({ what }) => what === "exchange")).toHaveLength(1);
  });

  it("passes every other path, method and content type through, bytes and query untouched", async () => {
    await start();
    provider.play(() => ({
      body: "\u0000\u0001binary",
      headers: { "content-type": "application/octet-stream" },
    }));
    const answer = await fetch(`${gateway.url}/u/other/v1/files/x%2Fy?a=1&a=2`, {
      method: "PUT",
      body: Buffer.from([0, 255, 1]),
    });
    expect(await answer.text()).toBe("\u0000\u0001binary");
    expect(answer.headers.get("content-type")).toBe("application/octet-stream");
    expect(provider.requests[0]).toMatchObject({ method: "PUT", path: "/base/v1/files/x%2Fy?a=1&a=2" });
  });

  it("sends its own headers nowhere, and the caller's to the upstream alone", async () => {
    await start();
    await fetch(`${gateway.url}/run/r1/v1/models`, {
      headers: { "longstop-run": "r1", "longstop-agent": "a", authorization: "Bearer secret-1" },
    });
    const headers: Readonly<Record<string, string>> = provider.requests[0]?.headers ?? {};
    expect(Object.keys(headers).filter((name) => name.startsWith("longstop"))).toEqual([]);
    expect(headers["authorization"]).toBe("Bearer secret-1");
    expect(JSON.stringify(gateway.logged)).not.toContain("secret-1");
  });

  it("routes by vendor and never tries the other one", async () => {
    const other = await startProvider();
    await start();
    await gateway.stop();
    gateway = await startTestGateway({
      posts: [],
      upstreams: { openai: { url: provider.url }, anthropic: { url: other.url } },
    });
    await fetch(`${gateway.url}/v1/models`);
    await fetch(`${gateway.url}/v1/models`, { headers: { "anthropic-version": "2023-06-01" } });
    await fetch(`${gateway.url}/v1/messages/count_tokens`, { method: "POST", body: "{}" });
    expect(provider.requests.map(({ path }) => path)).toEqual(["/v1/models"]);
    expect(other.requests.map(({ path }) => path)).toEqual(["/v1/models", "/v1/messages/count_tokens"]);
    await other.close();
  });

  it("refuses a header that says something else than the URL, in the caller's words", async () => {
    await start();
    const answer = await fetch(`${gateway.url}/run/r1/tools/x/y`, { headers: { "longstop-run": "r2" } });
    expect(answer.status).toBe(404);
    const conflict = await fetch(`${gateway.url}/run/r1/v1/models`, { headers: { "longstop-run": "r2" } });
    expect(conflict.status).toBe(400);
    expect(await conflict.json()).toMatchObject({ error: { code: "header_conflict" } });
    expect(provider.requests).toHaveLength(0);
  });

  it("says once of each kind of path that it passes the guards by", async () => {
    await start();
    provider.play(() => ({ body: "{}", headers: { "content-type": "application/json" } }));
    for (const path of ["/v1/batches", "/v1/messages/batches", "/v1/embeddings"]) {
      expect((await fetch(gateway.url + path, { method: "POST", body: "{}" })).status).toBe(200);
    }
    const told = gateway.logged.filter(({ what }) => what === "unguarded path");
    expect(told.map(({ level, fields }) => [level, fields["kind"]])).toEqual([["warn", "batches"]]);
  });

  it("does not speak of unguarded paths where nothing is guarded", async () => {
    await start({ posts: [] });
    await fetch(`${gateway.url}/v1/batches`, { method: "POST", body: "{}" });
    expect(gateway.logged.map(({ what }) => what)).not.toContain("unguarded path");
  });

  it("refuses batches where they are not to pass the guards by", async () => {
    await start({ unguarded: "refuse" });
    const refused = await fetch(`${gateway.url}/v1/messages/batches`, { method: "POST", body: "{}" });
    expect(refused.status).toBe(404);
    const listed = await fetch(`${gateway.url}/v1/messages/batches`);
    expect(listed.headers.get("longstop-request-id")).not.toBeNull();
    expect(provider.requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it.each([
    "/v1/%63hat/completions",
    "/v1//chat/completions",
    "/v1/chat/completions/",
    "/v1/chat/complet%69ons",
  ])("guards %s as well, which an upstream may take for the same path", async (path) => {
    await start();
    const message = { role: "assistant", tool_calls: [badCall] };
    provider.play(() => ({
      body: JSON.stringify({ choices: [{ index: 0, message, finish_reason: "tool_calls" }] }),
      headers: { "content-type": "application/json" },
    }));
    const tools = [
      { type: "function", function: { name: "a", parameters: { type: "object", properties: {} } } },
    ];
    const answer = await fetch(gateway.url + path, {
      method: "POST",
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "x" }], tools }),
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { code: "call_refused" } });
    expect(provider.requests[0]?.path).toBe(path);
  });

  it("lets what runs come to its end on stop, and takes nothing new", async () => {
    await start();
    provider.play(() => ({ text: "done", delayMs: 500 }));
    const running = fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-4o", messages: [{ role: "user", content: "x" }] }),
    });
    await expect.poll(() => provider.requests.length).toBe(1);
    const stopping = gateway.stop();
    const answer = await running;
    expect(answer.status).toBe(200);
    expect(await stopping).toEqual({ left: 0 });
    await expect(fetch(`${gateway.url}/-/health`)).rejects.toThrow();
  });

  it("logs one line for each exchange, with its id, status and overhead", async () => {
    await start();
    const answer = await fetch(`${gateway.url}/v1/models`);
    const line = gateway.logged.find(({ what }) => what === "exchange");
    expect(line?.fields).toMatchObject({
      exchange: answer.headers.get("longstop-request-id"),
      method: "GET",
      path: "/v1/models",
      target: "openai",
      status: answer.status,
    });
  });
});
