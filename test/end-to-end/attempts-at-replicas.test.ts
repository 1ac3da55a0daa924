import { afterEach, beforeEach, expect, it } from "vitest";
import { startToolServer, type ToolServer } from "../../examples/tool-server/tool-server.ts";
import type { Provider } from "../../examples/provider/provider.ts";
import { Agent } from "../proxy/attempts/agent.ts";
import { startNumberedProvider } from "../proxy/support/numbered-provider.ts";
import { type Replicas, startReplicas } from "./replicas.ts";

let provider: Provider;
let tools: ToolServer;
let replicas: Replicas;
beforeEach(async () => {
  provider = await startNumberedProvider();
  tools = await startToolServer();
  replicas = await startReplicas({
    upstreams: { openai: { url: provider.url } },
    tools: { pay: { url: tools.url } },
    turns: { mode: "enforce" },
    run: { detectedAttempts: "enforce" },
  });
}, 60_000);
afterEach(async () => {
  await replicas.close();
  await Promise.all([provider.close(), tools.close()]);
});

it("an attempt that one replica found is the same at the others, turn by turn and call by call", async () => {
  let asked = 0;
  const either = {
    get url(): string {
      return replicas.gateways[asked++ % 2 === 0 ? 0 : 1].url;
    },
  };
  const first = await new Agent(either, {}).work(3);
  asked = 1;
  const second = new Agent(either, {});
  expect(await second.work(3)).toEqual(first.map(({ text }) => ({ text, replayed: true })));
  expect([provider.requests.length, tools.effects.length]).toEqual([3, 3]);
  second.hear("Be quick.");
  expect((await second.turn()).replayed).toBe(false);
  expect(await second.pay(4)).toBe("done");
  const third = new Agent(either, {});
  await third.work(1);
  third.hear("Stop.");
  await third.turn();
  expect(await third.pay(5)).toBe("run_paused");
}, 60_000);
