import type { IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { readAway } from "../../src/proxy/read-away.ts";
import { startHttp } from "./support/loopback.ts";

/** A request that announced 1,000,000 bytes, of which its client has sent none yet. */
async function refused(): Promise<{ client: Socket; incoming: IncomingMessage }> {
  const arrived = Promise.withResolvers<IncomingMessage>();
  const { port } = await startHttp((incoming) => {
    incoming.on("error", () => {});
    arrived.resolve(incoming);
  });
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
  return { client, incoming: await arrived.promise };
}

describe("the rest of a refused request", () => {
  it("is read until it is whole", async () => {
    const { client, incoming } = await refused();
    const reading = readAway(incoming);
    for (let i = 0; i < 10; i++) client.write(Buffer.alloc(100_000));
    await reading;
    expect(incoming.complete).toBe(true);
    await readAway(incoming);
    client.destroy();
  });

  it("is given up when nothing comes, and no listener stays", async () => {
    const { client, incoming } = await refused();
    const listeners = (): number => incoming.listenerCount("data") + incoming.listenerCount("close");
    const before = listeners();
    client.write("some");
    await readAway(incoming);
    expect([incoming.complete, listeners()]).toEqual([false, before]);
    client.destroy();
  });

  it("is nothing where the client is gone", async () => {
    const { client, incoming } = await refused();
    const reading = readAway(incoming);
    client.destroy();
    await reading;
    await readAway(incoming);
    expect(incoming.destroyed).toBe(true);
  });
});
