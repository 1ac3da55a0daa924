import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { type Replicas, startReplicas } from "./replicas.ts";

let provider: Provider;
let tools: ToolServer;
let replicas: Replicas;

beforeEach(async () => {
  provider = await startProvider(() => ({ text: ["go ", "on"], delayMs: 5000 }));
  tools = await startToolServer();
  replicas = await startReplicas({
    upstreams: { openai: { url: provider.url } },
    tools: { pay: { url: tools.url } },
    turns: { mode: "enforce" },
    admin: { port: 0 },
    drainSeconds: 0,
  });
});
afterEach(async () => {
  await replicas.close();
  await tools.close();
  await provider.close();
});

const ask = (replica: 0 | 1, path: string, body: object): Promise<Response> =>
  fetch(`${replicas.gateways[replica].url}${path}`, {
    method: "POST",
    headers: { authorization: "Bearer sk-1", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const messages = [{ role: "user", content: "Hi" }];
const turn = (): Promise<Response> => ask(0, "/run/r/v1/chat/completions", { model: "gpt-4o", messages });
const charge = (replica: 0 | 1): Promise<Response> =>
  ask(replica, "/run/r/tools/pay/charges", { customer: "c1", amount: 5 });

async function cancel(replica: 0 | 1, path: string): Promise<readonly [number, Record<string, unknown>]> {
  const url = `${replicas.gateways[replica].adminUrl}/exchanges/${path}`;
  const answer = await fetch(url, { method: "DELETE" });
  return [answer.status, (await answer.json()) as Record<string, unknown>];
}

describe("an exchange of another replica", () => {
  it("is not cancelled here, and its run tells which gateway holds it", async () => {
    const asking = turn();
    await expect.poll(() => provider.requests.length, { timeout: 10_000 }).toBe(1);
    const id = await replicas.exchangeOf("turn");
    const [bare, words] = await cancel(1, id);
    expect([bare, words["detail"]]).toEqual([404, expect.stringContaining("Another replica may hold it")]);
    const owner = expect.stringContaining(`:${process.pid}:`) as string;
    expect(await cancel(1, `${id}?run=r`)).toEqual([
      404,
      { status: 404, detail: expect.stringContaining("at the gateway") as string, owner },
    ]);
    expect((await cancel(1, `${id}?run=other`))[1]).not.toHaveProperty("owner");
    expect((await cancel(1, "req_none?run=r"))[1]).not.toHaveProperty("owner");
    expect(await cancel(0, id)).toEqual([200, { exchange: id, cancelled: true }]);
    expect((await asking).status).toBe(400);
  });

  it("leaves a doubt that every replica knows, until its late answer comes", async () => {
    tools.behave("slow,delayMs=2000");
    const calling = charge(0);
    await expect.poll(() => tools.effects.length, { timeout: 10_000 }).toBe(1);
    const id = await replicas.exchangeOf("effect");
    const [status, { inDoubt }] = await cancel(0, id);
    expect([status, (await calling).status]).toEqual([202, 400]);
    const met = await charge(1);
    expect(await met.json()).toMatchObject({ code: "outcome_unknown", operation: inDoubt });
    await expect.poll(async () => (await charge(1)).status, { timeout: 10_000 }).toBe(201);
    expect(tools.effects).toHaveLength(1);
  });
});
