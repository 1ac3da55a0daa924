import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Provider, startProvider } from "../../examples/provider/provider.ts";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import { asSuperuser, urlOf } from "../ledger/postgres/server.ts";
import { sharedServer } from "../ledger/postgres/shared-server.ts";
import { freshSchema } from "../ledger/postgres/under-test.ts";
import { startHttp } from "../proxy/support/loopback.ts";
import { postSlowly } from "../proxy/support/slow-client.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

describe("decisions that are made through one replica and carried out through others", () => {
  let provider: Provider;
  let tools: ToolServer;
  let replicas: RunningGateway[];
  let schema: string;
  let server: number;
  let writtenFor: (url: string) => Readonly<Record<string, unknown>>;
  let folder: string;
  beforeEach(async () => {
    server = await sharedServer();
    schema = freshSchema();
    folder = await mkdtemp(join(tmpdir(), "longstop-replicas-"));
    await writeFile(join(folder, "url"), `${urlOf(server)}\n`);
    const call = { name: "charge", arguments: { amount: 5 } };
    provider = await startProvider(() => ({ calls: [call, call, { ...call, arguments: { amount: 6 } }] }));
    tools = await startToolServer();
    const decisions = [{ tool: "charge", path: "/charges", arguments: { amount: "{/amount}" } }];
    writtenFor = (url) => ({
      upstreams: { anthropic: { url: provider.url } },
      ledger: { kind: "postgres", url: { file: join(folder, "url") }, schema },
      turns: { mode: "enforce" },
      // Answers are recorded whole before they begin, so that what takes its time is to hand them over.
      effects: { unrequested: "block", effectBodyBytesMax: 16 * 1024 * 1024 },
      tools: { pay: { url, decisions } },
    });
    const written = writtenFor(tools.url);
    replicas = [await startTestGateway(written), await startTestGateway(written)];
  }, 60_000);
  afterEach(async () => {
    for (const replica of replicas) await replica.stop();
    await provider.close();
    await tools.close();
    await asSuperuser(server, `drop schema if exists ${schema} cascade`);
    await rm(folder, { recursive: true, force: true });
  });

  /** Asks the model through the first replica; gives the amounts that it decided on. */
  async function turn(attempt: string): Promise<number[]> {
    const baseURL = `${replicas[0]?.url}/run/r/attempt/${attempt}`;
    const client = new Anthropic({ baseURL, apiKey: "sk-1", maxRetries: 0 });
    const tool = { name: "charge", input_schema: { type: "object" as const } };
    const messages = [{ role: "user" as const, content: "go" }];
    const body = { model: "claude-sonnet-4-5", max_tokens: 100, messages, tools: [tool] };
    const { content } = await client.messages.stream(body).finalMessage();
    return content.flatMap((block) =>
      block.type === "tool_use" ? (block.input as { amount: number }).amount : [],
    );
  }

  async function charge(amount: number, attempt: string, replica: number): Promise<string> {
    const url = `${replicas[replica]?.url}/run/r/attempt/${attempt}/tools/pay/charges`;
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify({ amount }) });
    const text = await answer.text();
    if (answer.status !== 201) return `${answer.status} ${text}`;
    return answer.headers.get("idempotent-replayed") === "true" ? "replayed" : "executed";
  }

  it("are executed as often as they were made, one after the other and at the same time", async () => {
    const decided = await turn("a");
    expect(decided).toEqual([5, 5, 6]);
    // The second one comes through another replica, hardly behind the answer of the first.
    for (const [place, amount] of decided.entries()) {
      expect(await charge(amount, "a", place % 2)).toBe("executed");
    }
    expect(await charge(5, "a", 0)).toBe("replayed");
    expect(await charge(7, "a", 1)).toMatch(/^400 .*"unrequested"/);
    expect(tools.effects).toHaveLength(3);
    const again = await turn("b");
    expect(provider.requests).toHaveLength(1);
    const all = await Promise.all(again.map((amount, place) => charge(amount, "b", place % 2)));
    expect(all).toEqual(["replayed", "replayed", "replayed"]);
    expect(tools.effects).toHaveLength(3);
  });

  it("are executed as often where the answer of one is on its way through another replica", async () => {
    const body = JSON.stringify({ text: "x".repeat(8_000_000) });
    let calls = 0;
    const { origin } = await startHttp((incoming, outgoing) => {
      calls += 1;
      incoming.resume();
      outgoing.writeHead(201, { "content-type": "application/json" }).end(body);
    });
    for (const replica of replicas) await replica.reload(writtenFor(origin));
    await turn("a");
    const url = (replica: number): string => `${replicas[replica]?.url}/run/r/attempt/a/tools/pay/charges`;
    const slow = await postSlowly(url(0), { amount: 5 });
    const second = charge(5, "a", 1);
    await slow.read();
    expect(await second).toBe("executed");
    expect(calls).toBe(2);
  });

  it("are executed as often where equal calls come through both at once, and more of them than decided", async () => {
    for (const round of [1, 2, 3]) {
      const decided = await turn("a");
      const asked = [...decided, ...decided].map((amount, place) => charge(amount, "a", place % 2));
      const all = await Promise.all(asked);
      expect(all.filter((one) => one === "executed")).toHaveLength(3);
      expect(all.filter((one) => one === "replayed")).toHaveLength(3);
      expect(tools.effects).toHaveLength(3 * round);
    }
  });
});
