import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Retiring } from "../../src/proxy/retiring.ts";
import { recordedLog } from "./support/recorded-log.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** A gateway before a tool that answers when the test says so. */
async function beforeSlowTool(): Promise<{
  gateway: RunningGateway;
  reload: () => Promise<void>;
  asked: Promise<{ socket: Socket; outgoing: ServerResponse }>;
}> {
  const asked = Promise.withResolvers<{ socket: Socket; outgoing: ServerResponse }>();
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    asked.resolve({ socket: incoming.socket, outgoing });
  });
  // An idle connection stays, as far as the tool goes: undici takes this for its own limit.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as { port: number };
  const written = { drainSeconds: 1, posts: [], tools: { pay: { url: `http://127.0.0.1:${port}` } } };
  const gateway = await startTestGateway(written);
  stops.push(() => gateway.stop());
  const reload = (): Promise<void> => gateway.reload({ ...written, timeouts: { connectMs: 7_000 } });
  return { gateway, reload, asked: asked.promise };
}

describe("the connections of an earlier configuration", () => {
  it("carry what runs on them to its end, and are closed then", async () => {
    const { gateway, reload, asked } = await beforeSlowTool();
    const paid = fetch(`${gateway.url}/tools/pay/charge`, { method: "POST", body: "{}" });
    const { socket, outgoing } = await asked;
    await reload();
    const closed = once(socket, "close");
    outgoing.writeHead(200, { "content-type": "application/json" }).end('{"paid":true}');
    expect(await (await paid).json()).toEqual({ paid: true });
    await closed;
  });

  it("are closed when the gateway stops, although an effect still runs on them", async () => {
    const { gateway, reload, asked } = await beforeSlowTool();
    const paid = fetch(`${gateway.url}/tools/pay/charge`, { method: "POST", body: "{}" }).catch(String);
    const { socket } = await asked;
    await reload();
    const closed = once(socket, "close");
    expect(await gateway.stop()).toEqual({ left: 1 });
    await closed;
    expect(await paid).toContain("fetch failed");
  });
});

it("ends each configuration once, and says what did not end well", async () => {
  const { log, entries } = recordedLog();
  const retiring = new Retiring(log);
  const ended = Promise.withResolvers<void>();
  const seen: string[] = [];
  const leftover = (name: string) => ({
    upstreams: null,
    shift: {
      end: async (): Promise<void> => {
        seen.push(name);
        if (name === "broken") throw new Error("the worker does not end");
      },
    },
  });
  const both = Promise.all(["good", "broken"].map((name) => retiring.retire(leftover(name), ended.promise)));
  expect(seen).toEqual([]);
  await retiring.close();
  ended.resolve();
  await both;
  expect(seen.toSorted()).toEqual(["broken", "good"]);
  expect(entries.map(({ what }) => what)).toEqual(["an earlier configuration did not end well"]);
});
