import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { drained } from "../../src/proxy/drained.ts";
import { startHttp } from "./support/loopback.ts";

const chunk = Buffer.alloc(1_000_000, "x");

describe("waiting for a slow client", () => {
  it("ends when it reads on, and leaves no listener behind", async () => {
    const waits = Promise.withResolvers<{ before: number; after: number }>();
    const { port } = await startHttp(async (_request, outgoing) => {
      const listeners = (): number => outgoing.listenerCount("close") + outgoing.listenerCount("drain");
      outgoing.writeHead(200, { "content-length": String(20 * chunk.length) });
      const before = listeners();
      for (let i = 0; i < 20; i++) if (!outgoing.write(chunk)) await drained(outgoing);
      waits.resolve({ before, after: listeners() });
      outgoing.end();
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.resume();
    const { before, after } = await waits.promise;
    expect(after).toBe(before);
    client.destroy();
  });

  it("ends when the client leaves", async () => {
    const left = Promise.withResolvers<boolean>();
    const { port } = await startHttp(async (_request, outgoing) => {
      outgoing.writeHead(200);
      while (!outgoing.destroyed) if (!outgoing.write(chunk)) await drained(outgoing);
      left.resolve(outgoing.destroyed);
      await drained(outgoing); // at once: neither event would come again
    });
    const client = connect(port, "127.0.0.1");
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(client, "readable");
    client.destroy();
    expect(await left.promise).toBe(true);
  });
});
