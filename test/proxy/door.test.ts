import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GoogleGenAI } from "@google/genai";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const newKey = (): string => `ls_${randomBytes(20).toString("hex")}`;
const hashOf = (key: string): string => `sha256:${createHash("sha256").update(key).digest("hex")}`;

const acme = newKey();
const beta = newKey();
const old = newKey();
const third = newKey();
const secret = "sk-operator-secret";

describe("the door of tenancy: keys", () => {
  let folder: string;
  let provider: Provider;
  let tools: ToolServer;
  let gateway: RunningGateway;
  let written: Readonly<Record<string, unknown>>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "longstop-door-"));
    await writeFile(join(folder, "secret"), `${secret}\n`);
    provider = await startProvider();
    tools = await startToolServer();
    const apiKey = { file: join(folder, "secret") };
    written = {
      tenancy: "keys",
      keys: {
        acme: { keys: [{ hash: hashOf(acme) }, { hash: hashOf(old), expires: "2020-01-01" }] },
        beta: { keys: [{ hash: hashOf(beta) }], upstreams: ["openai"], tools: [], concurrentMax: 1 },
        slow: { keys: [{ hash: hashOf(third) }], requestsPerMinuteMax: 1 },
      },
      upstreams: {
        openai: { url: provider.url, apiKey },
        anthropic: { url: provider.url, apiKey },
        gemini: { url: provider.url, apiKey },
        bearer: { url: provider.url, apiKey: { ...apiKey, header: "Authorization" } },
        theirs: { url: provider.url },
      },
      tools: {
        pay: { url: tools.url, apiKey: { ...apiKey, header: "X-Tool-Key" } },
        open: { url: tools.url },
      },
      posts: [{ guard: "tool-schema" }, { guard: "quarantine" }],
    };
    gateway = await startTestGateway(written);
  });
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
    await tools.close();
    await rm(folder, { recursive: true });
  });

  /** No byte of a virtual key has reached the provider or a tool, or stands in the log. */
  function expectNoLeak(): void {
    const heard = JSON.stringify([provider.requests, tools.requests]);
    for (const key of [acme, beta, old]) expect(heard).not.toContain(key);
    const logged = JSON.stringify(gateway.logged);
    expect(logged).not.toMatch(/ls_[0-9a-f]{8}/);
    expect(logged).not.toContain(secret);
  }

  const openai = (apiKey: string, baseURL = `${gateway.url}/v1`, headers = {}): OpenAI =>
    new OpenAI({ apiKey, baseURL, maxRetries: 0, defaultHeaders: headers });
  const ask = (client: OpenAI): Promise<unknown> =>
    client.chat.completions.create({ model: "gpt-4o", messages: [{ role: "user", content: "Hi" }] });

  it("takes the key in the key field of each real SDK, and sends the vendor's own in its place", async () => {
    await ask(openai(acme));
    expect(provider.requests.at(-1)?.headers["authorization"]).toBe(`Bearer ${secret}`);

    const anthropic = new Anthropic({ apiKey: acme, baseURL: gateway.url, maxRetries: 0 });
    await anthropic.messages.create({
      model: "claude-sonnet-4-5",
      max_tokens: 10,
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(provider.requests.at(-1)?.headers).toMatchObject({ "x-api-key": secret });
    expect(provider.requests.at(-1)?.headers).not.toHaveProperty("authorization");

    const token = new Anthropic({
      authToken: acme,
      apiKey: null,
      baseURL: `${gateway.url}/u/bearer`,
      maxRetries: 0,
    });
    await token.messages.create({
      model: "claude-sonnet-4-5",
      max_tokens: 10,
      messages: [{ role: "user", content: "Hi" }],
    });
    expect(provider.requests.at(-1)?.headers).toMatchObject({ authorization: `Bearer ${secret}` });

    const genai = new GoogleGenAI({ apiKey: acme, httpOptions: { baseUrl: gateway.url } });
    await genai.models.generateContent({ model: "gemini-2.5-flash", contents: "Hi" });
    expect(provider.requests.at(-1)?.headers["x-goog-api-key"]).toBe(secret);
    expect(provider.requests).toHaveLength(4);
    expectNoLeak();
  });

  it("takes the key as a header or in the base URL, beside the client's own credential", async () => {
    await ask(openai("sk-client", `${gateway.url}/u/theirs/v1`, { "Longstop-Key": acme }));
    await ask(openai("sk-client", `${gateway.url}/k/${acme}/run/r1/u/theirs/v1`));
    for (const { headers } of provider.requests) expect(headers["authorization"]).toBe("Bearer sk-client");
    await fetch(`${gateway.url}/v1/models?key=${acme}&limit=1`);
    expect(provider.requests.at(-1)?.path).toBe("/v1/models?limit=1");
    expect(provider.requests).toHaveLength(3);
    expectNoLeak();
  });

  it("refuses in a sentence that the SDK shows, and sends nothing", async () => {
    const refused = async (client: OpenAI, status: number, code: string, words: RegExp): Promise<void> => {
      const thrown: unknown = await ask(client).catch((error: unknown) => error);
      expect(thrown).toMatchObject({ status, code, message: expect.stringMatching(words) });
    };
    await refused(openai("sk-client"), 401, "key_missing", /asks for a virtual key/);
    await refused(openai(newKey()), 401, "key_unknown", /not known.*gives out others/);
    await refused(openai(old), 401, "key_expired", /expired at 2020-01-01.*gives out others/);
    await refused(
      openai(acme, undefined, { "Longstop-Key": beta }),
      400,
      "header_conflict",
      /Two different.*Send one/,
    );
    await refused(openai(acme, `${gateway.url}/u/theirs/v1`), 400, "key_misplaced", /Longstop-Key/);
    await refused(
      openai(beta, `${gateway.url}/u/theirs/v1`),
      403,
      "route_forbidden",
      /does not allow.*Allowed: openai\./,
    );
    await refused(openai("x", `${gateway.url}/k/mistyped/v1`), 401, "key_unknown", /not known/);

    const anthropic = new Anthropic({
      apiKey: "sk-ant",
      baseURL: `${gateway.url}/u/anthropic`,
      maxRetries: 0,
    });
    await expect(anthropic.models.list()).rejects.toThrow(/asks for a virtual key/);
    const genai = new GoogleGenAI({ apiKey: "AIza", httpOptions: { baseUrl: gateway.url } });
    await expect(genai.models.generateContent({ model: "gemini-2.5-flash", contents: "Hi" })).rejects.toThrow(
      /asks for a virtual key/,
    );
    const answer = await fetch(`${gateway.url}/tools/pay/charges`, { method: "POST" });
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="longstop"');
    expect(await answer.json()).toMatchObject({ status: 401, code: "key_missing" });
    expect(provider.requests).toEqual([]);
    expectNoLeak();
  });

  it("tells nobody without a key what there is, and a tenant only of what it may use", async () => {
    const bare = await fetch(`${gateway.url}/u/nope/v1/models`);
    expect([bare.status, await bare.text()]).toEqual([401, expect.not.stringContaining("theirs")]);
    const known = await fetch(`${gateway.url}/u/nope/v1/models`, { headers: { "longstop-key": beta } });
    expect([known.status, await known.text()]).toEqual([404, expect.stringMatching(/Configured: openai\./)]);
    expect((await fetch(`${gateway.url}/-/health`)).status).toBe(200);
  });

  it("lets a tenant have no more at the same time than it may, and others go on", async () => {
    let finish = (): void => {};
    const held = new Promise<void>((resolve) => (finish = resolve));
    provider.play(async () => {
      await held;
      return { text: "Done" };
    });
    const first = ask(openai(beta));
    await expect.poll(() => provider.requests.length).toBe(1);
    await expect(ask(openai(beta))).rejects.toMatchObject({ status: 429, code: "concurrent_too_many" });
    const other = ask(openai(acme));
    await expect.poll(() => provider.requests.length).toBe(2);
    await gateway.reload({ ...written, posts: [] });
    await expect(ask(openai(beta))).rejects.toMatchObject({ status: 429, code: "concurrent_too_many" });
    finish();
    await Promise.all([first, other]);
    await ask(openai(beta));
  });

  it("bounds the requests of a minute, and says when the next may come", async () => {
    const slow = openai(third);
    await ask(slow);
    const thrown = (await ask(slow).catch((error: unknown) => error)) as InstanceType<typeof OpenAI.APIError>;
    expect(thrown).toMatchObject({ status: 429, code: "requests_too_many" });
    expect(Number(thrown.headers?.get("retry-after"))).toBeGreaterThan(50);
    expect(thrown.headers?.get("x-should-retry")).not.toBe("false");
  });

  it("gives a tool its own credential, and an operation the same identity whatever key it came with", async () => {
    const charge = (headers: Record<string, string>, prefix = ""): Promise<Response> =>
      fetch(`${gateway.url}${prefix}/run/r1/attempt/a/tools/pay/charges`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-stainless-retry-count": "1", ...headers },
        body: '{"amount":1}',
      });
    const first = await charge({ authorization: `Bearer ${acme}`, cookie: "session=1" });
    expect(first.status).toBe(201);
    expect(tools.requests.at(-1)?.headers).toMatchObject({ "x-tool-key": secret });
    expect(tools.requests.at(-1)?.headers).not.toHaveProperty("authorization");
    expect(tools.requests.at(-1)?.headers).not.toHaveProperty("cookie");

    await writeFile(join(folder, "secret"), "sk-rotated");
    await gateway.reload(written);
    const again = await charge({}, `/k/${acme}`);
    expect(again.status).toBe(201);
    expect(again.headers.get("longstop-operation")).toBe(first.headers.get("longstop-operation"));
    expect(tools.effects).toHaveLength(1);
    await fetch(`${gateway.url}/tools/pay/charges`, { method: "POST", headers: { "longstop-key": acme } });
    expect(tools.requests.at(-1)?.headers["x-tool-key"]).toBe("sk-rotated");
    await fetch(`${gateway.url}/tools/open/charges`, { method: "POST", headers: { "x-api-key": acme } });
    expect(tools.requests.at(-1)?.headers).not.toHaveProperty("x-api-key");
    // `key` is a credential at one vendor of models only; a tool may mean anything by it.
    const lookUp = `${gateway.url}/tools/pay/charges?key=invoice-7`;
    await fetch(lookUp, { method: "POST", headers: { "longstop-key": acme } });
    expect(tools.requests.at(-1)?.path).toBe("/charges?key=invoice-7");
    expectNoLeak();
  });
});

describe("tenancy: single", () => {
  it("knows no keys, and sends the gateway's credential all the same", async () => {
    const folder = await mkdtemp(join(tmpdir(), "longstop-door-"));
    await writeFile(join(folder, "secret"), secret);
    const provider = await startProvider();
    const gateway = await startTestGateway({
      upstreams: { openai: { url: provider.url, apiKey: { file: join(folder, "secret") } } },
      posts: [],
    });
    const refused = await fetch(`${gateway.url}/k/${acme}/v1/models`);
    expect([refused.status, await refused.text()]).toEqual([
      404,
      expect.stringMatching(/tenancy: keys.*Leave/),
    ]);
    await fetch(`${gateway.url}/v1/models`, { headers: { authorization: "Bearer sk-client" } });
    expect(provider.requests.map(({ headers }) => headers["authorization"])).toEqual([`Bearer ${secret}`]);
    await gateway.stop();
    await provider.close();
    await rm(folder, { recursive: true });
  });
});
