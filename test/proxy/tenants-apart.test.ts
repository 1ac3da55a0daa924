import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { dialects, lastBody, type Json } from "./support/dialects.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const keys = { acme: `ls_${randomBytes(20).toString("hex")}`, beta: `ls_${randomBytes(20).toString("hex")}` };
type Name = keyof typeof keys;

describe("two tenants with equal requests", () => {
  let provider: Provider;
  let tools: ToolServer;
  let gateway: RunningGateway;

  beforeEach(async () => {
    provider = await startProvider();
    tools = await startToolServer();
    const tenants = Object.entries(keys).map(([name, key]) => {
      const hash = `sha256:${createHash("sha256").update(key).digest("hex")}`;
      return [name, { keys: [{ hash }] }];
    });
    gateway = await startTestGateway({
      tenancy: "keys",
      keys: Object.fromEntries(tenants),
      upstreams: { openai: { url: provider.url } },
      tools: { pay: { url: tools.url, effect: "irreversible" } },
      posts: [{ guard: "tool-schema" }, { guard: "quarantine" }],
    });
  });
  afterEach(async () => {
    await gateway.stop();
    await provider.close();
    await tools.close();
  });

  const charge = (name: Name, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${gateway.url}/k/${keys[name]}/run/r1/attempt/a/tools/pay/charges`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: '{"amount":100}',
    });

  it("have an operation each, in runs of the same name and under the same idempotency key", async () => {
    const operations: (string | null)[] = [];
    for (const headers of [{}, { "idempotency-key": "same" }] as Record<string, string>[]) {
      for (const name of ["acme", "beta", "acme", "beta"] as const) {
        const answer = await charge(name, { "x-stainless-retry-count": "1", ...headers });
        operations.push(answer.headers.get("longstop-operation"));
      }
    }
    const [a, b, a2, b2] = operations;
    expect([a2, b2]).toEqual([a, b]);
    expect(a).not.toBe(b);
    const sent = tools.requests.map(({ headers }) => headers["idempotency-key"]);
    expect(new Set(sent.slice(0, 2)).size).toBe(2);
    expect(tools.effects.length).toBeLessThanOrEqual(4);
    expect(tools.effects.length % 2).toBe(0);
  });

  const [chat] = dialects;

  async function ask(name: Name, history: readonly unknown[]): Promise<Json> {
    const answer = await fetch(`${gateway.url}${chat?.path}`, {
      method: "POST",
      headers: { ...chat?.headers, "longstop-key": keys[name] },
      body: JSON.stringify(chat?.request(history)),
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
    return (await answer.json()) as Json;
  }

  it("have frames of their own around the same result, the same on every turn, and verdicts of their own", async () => {
    if (chat === undefined) throw new Error("There is a dialect.");
    provider.play(() => ({ text: "Fine." }));
    const call = { id: "c1", name: "get_weather", arguments: { city: "Paris" } };
    const history = [chat.user("Weather?"), chat.echo("", call), chat.result("c1", "21 degrees")];
    const framed: string[] = [];
    for (const name of ["acme", "beta", "acme", "beta"] as const) {
      await ask(name, history);
      framed.push(JSON.stringify(lastBody(provider.requests)["messages"]));
    }
    expect(framed[2]).toBe(framed[0]);
    expect(framed[3]).toBe(framed[1]);
    expect(framed[0]).not.toBe(framed[1]);
  });

  it("have splices of their own: what one was shown is not put into the other's history", async () => {
    if (chat === undefined) throw new Error("There is a dialect.");
    const wrong = { name: "get_weather", arguments: { city: "Paris", unit: "kelvin" } };
    const right = { name: "get_weather", arguments: { city: "Paris", unit: "celsius" } };
    provider.play([{ calls: [wrong] }, { calls: [right] }, { text: "A" }, { text: "B" }]);
    const shown = await ask("acme", [chat.user("Weather?")]);
    const id = chat.calls(shown)[0]?.id ?? "";
    const history = [chat.user("Weather?"), chat.said(shown), chat.result(id, "21")];
    await ask("acme", history);
    expect(JSON.stringify(lastBody(provider.requests))).toContain("kelvin");
    await ask("beta", history);
    expect(JSON.stringify(lastBody(provider.requests))).not.toContain("kelvin");
  });
});
