import { request } from "node:http";
import { DatabaseSync } from "node:sqlite";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";
import { startHttp } from "./support/loopback.ts";

let provider: Provider;
let gateway: RunningGateway;

const token = "an-operators-token-1234";

async function start(more: Readonly<Record<string, unknown>> = {}): Promise<void> {
  gateway = await startTestGateway({
    upstreams: { openai: { url: provider.url }, anthropic: { url: provider.url } },
    admin: { port: 0 },
    ...more,
  });
}
beforeEach(async () => {
  provider = await startProvider(() => ({
    text: Array.from({ length: 100 }, () => "go on "),
    eventDelayMs: 50,
  }));
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

const messages = [{ role: "user" as const, content: "Hi" }];
const page = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`${gateway.adminUrl}${path}`, init);
const cancel = (id: string): Promise<Response> => page(`/exchanges/${id}`, { method: "DELETE" });

function ask(
  path: string,
  more: Readonly<Record<string, unknown>> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer sk-1" },
    body: JSON.stringify({ model: "gpt-4o", messages, ...more }),
    signal: signal ?? null,
  });
}

function rows(sql: string): readonly Readonly<Record<string, unknown>>[] {
  const database = new DatabaseSync(gateway.ledgerFile, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** The id of the exchange that claimed a record: a client is not told it before the first byte. */
async function exchangeOf(kind: "turn" | "effect"): Promise<string> {
  const claimed = (): unknown => rows(`select detail from claims where kind = '${kind}'`)[0]?.["detail"];
  await expect.poll(claimed, { timeout: 5000 }).toBeDefined();
  return (JSON.parse(String(claimed())) as { exchange: string }).exchange;
}

const failureOf = (asking: Promise<unknown>): Promise<unknown> =>
  asking.then(
    () => null,
    (thrown: unknown) => thrown,
  );

describe("the operator's port", () => {
  it("is not open where nothing is said", async () => {
    await start({ admin: {} });
    expect(gateway.adminUrl).toBeNull();
    expect((await fetch(`${gateway.url}/exchanges/x`, { method: "DELETE" })).status).toBe(404);
  });

  it("is another one than that of clients, whose port has none of its pages", async () => {
    await start();
    expect(gateway.adminUrl).not.toBe(gateway.url);
    const answer = await fetch(`${gateway.url}/runs/r/turns/t`);
    expect([answer.status, await answer.text()]).toEqual([404, expect.not.stringContaining("ledger")]);
    expect((await page("/v1/models")).status).toBe(404);
  });

  it("wants its token, and no other, where there is one", async () => {
    process.env["TEST_ADMIN_TOKEN"] = token;
    try {
      await start({ admin: { port: 0, token: { env: "TEST_ADMIN_TOKEN" } } });
    } finally {
      delete process.env["TEST_ADMIN_TOKEN"];
    }
    const statusWith = async (authorization?: string): Promise<number> =>
      (await page("/runs/r/turns/t", { headers: authorization === undefined ? {} : { authorization } }))
        .status;
    expect(await statusWith()).toBe(401);
    expect(await statusWith("Bearer ")).toBe(401);
    expect(await statusWith(`Bearer ${token}5`)).toBe(401);
    expect(await statusWith(token)).toBe(401);
    expect(await statusWith(`Bearer ${token}`)).toBe(404);
    expect(JSON.stringify(gateway.logged)).not.toContain(token);
  });

  it("is not started without the token that it is to want", async () => {
    const starting = start({ admin: { port: 0, token: { env: "NO_SUCH_TOKEN" } } });
    await expect(starting).rejects.toThrow("admin.token");
    await start();
  });

  it("answers no page of a browser that reached it by another name", async () => {
    await start();
    const { port } = new URL(gateway.adminUrl ?? "");
    const status = await new Promise((resolve) => {
      const asking = request({ port, path: "/runs/r/turns/t", headers: { host: `evil.test:${port}` } });
      asking.on("response", (answer) => resolve(answer.resume().statusCode)).end();
    });
    expect(status).toBe(403);
  });

  it("says in JSON what is wrong", async () => {
    await start();
    const answer = await page("/runs/r/turns/t");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "application/problem+json"]);
    expect(await answer.json()).toEqual({ status: 404, detail: "The ledger has no turn t of the run r." });
    expect((await page("/runs/r/turns/t?bytes=all")).status).toBe(400);
    expect(await (await cancel("none")).json()).toMatchObject({ status: 404 });
  });

  it("wants to know whose turn it is where there are tenants", async () => {
    await start({
      tenancy: "keys",
      keys: { acme: { keys: [{ hash: `sha256:${"a".repeat(64)}` }] } },
      upstreams: { openai: { url: provider.url } },
    });
    expect((await page("/runs/r/turns/t")).status).toBe(400);
    expect((await page("/runs/r/turns/t?tenant=acme")).status).toBe(404);
  });
});

describe("an exchange that is cancelled", () => {
  const turns = { turns: { mode: "enforce", graceSeconds: 30 } };

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["is recorded", turns],
    ["is asked for as its client asks", { turns: { ...turns.turns, upstreamStreaming: "off" } }],
  ])(
    "ends at its upstream, and with an error for the SDK that waits for a whole answer, which %s",
    async (_how, more) => {
      await start(more);
      // A document comes all at once, and would be there before it could be cancelled.
      const text = Array.from({ length: 100 }, () => "go on ");
      provider.play(() => ({ text, eventDelayMs: 50, delayMs: 2000 }));
      const client = new OpenAI({ baseURL: `${gateway.url}/run/r/v1`, apiKey: "sk-1", maxRetries: 2 });
      const asking = client.chat.completions.create({ model: "gpt-4o", messages });
      const failed = failureOf(asking);
      await expect.poll(() => provider.requests.length, { timeout: 5000 }).toBe(1);
      expect(await (await cancel(await exchangeOf("turn"))).json()).toMatchObject({ cancelled: true });
      expect(await failed).toMatchObject({
        status: 400,
        message: expect.stringContaining("cancelled by the operator") as string,
      });
      await expect.poll(() => provider.requests.map(({ outcome }) => outcome)).toEqual(["client-gone"]);
    },
  );

  it("ends with the error event for an SDK that reads a stream, and its record says why", async () => {
    await start(turns);
    const client = new Anthropic({ baseURL: `${gateway.url}/run/r`, apiKey: "sk-1", maxRetries: 2 });
    const stream = client.messages.stream({ model: "claude-sonnet-4-5", max_tokens: 9, messages });
    const ending = failureOf(stream.finalMessage());
    let begun = false;
    stream.on("text", () => (begun = true));
    await expect.poll(() => begun, { timeout: 5000 }).toBe(true);
    await cancel(await exchangeOf("turn"));
    expect(String(await ending)).toContain("cancelled by the operator");
    await expect.poll(() => provider.requests.map(({ outcome }) => outcome)).toEqual(["client-gone"]);
    const claims = rows("select state, reason from claims where kind = 'turn'");
    expect(claims).toEqual([{ state: "declined", reason: "This exchange was cancelled by the operator." }]);
  });

  it("ends where no turn is kept, too", async () => {
    await start();
    const answer = await ask("/v1/chat/completions", { stream: true });
    const id = answer.headers.get("longstop-request-id") ?? "";
    expect((await cancel(id)).status).toBe(200);
    expect(await answer.text()).toContain("cancelled by the operator");
    await expect.poll(() => provider.requests.map(({ outcome }) => outcome)).toEqual(["client-gone"]);
    expect((await cancel(id)).status).toBe(404);
  });

  it("ends although its client is gone and it only waits for the retry", async () => {
    await start(turns);
    const leaving = new AbortController();
    const gone = ask("/run/r/v1/chat/completions", {}, leaving.signal);
    const id = await exchangeOf("turn");
    leaving.abort();
    await expect(gone).rejects.toThrow();
    await expect.poll(async () => (await cancel(id)).status).toBe(200);
    await expect.poll(() => provider.requests.map(({ outcome }) => outcome)).toEqual(["client-gone"]);
  });

  it("is in doubt where it executes an effect, and the operator is told of which operation", async () => {
    let finish = (): void => {};
    const tool = await startHttp((_incoming, outgoing) => {
      finish = () => outgoing.end("{}");
    });
    await start({ tools: { pay: { url: tool.origin } } });
    const paying = ask("/tools/pay/charges");
    await expect.poll(() => tool.connections.length).toBe(1);
    const id = await exchangeOf("effect");
    const cancelled = await cancel(id);
    const [{ id: operation } = {}] = rows("select id from claims");
    expect([cancelled.status, await cancelled.json()]).toEqual([
      202,
      { exchange: id, cancelled: true, inDoubt: operation },
    ]);
    expect((await paying).status).toBe(400);
    finish();
    await expect.poll(() => rows("select state from claims")).toEqual([{ state: "done" }]);
  });
});
