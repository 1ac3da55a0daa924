import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { RequestChunks } from "../../src/proxy/request-chunks.ts";
import { startHttp } from "./support/loopback.ts";

interface Asked {
  readonly client: Socket;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly chunks: RequestChunks;
}

/** The beginning of a request with a chunked body, which `client` goes on with. */
async function asked(bytesMax = 1_000_000): Promise<Asked> {
  const arrived = Promise.withResolvers<Omit<Asked, "client">>();
  const { port } = await startHttp((incoming, outgoing) => {
    incoming.on("error", () => {});
    const chunks = new RequestChunks(incoming, bytesMax, () => new Error("too large"));
    arrived.resolve({ incoming, outgoing, chunks });
  });
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  client.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  return { client, ...(await arrived.promise) };
}

const piece = (bytes: string): string => `${bytes.length.toString(16)}\r\n${bytes}\r\n`;

async function all(chunks: RequestChunks): Promise<string> {
  let read = "";
  for await (const chunk of chunks) read += chunk.toString();
  return read;
}

describe("a request read chunk by chunk", () => {
  it("brings each chunk as it comes, also to a reader that asked before", async () => {
    const { client, chunks } = await asked();
    const first = chunks.next();
    client.write(piece("one"));
    expect(String((await first).value)).toBe("one");
    client.write(`${piece("two")}0\r\n\r\n`);
    expect(await all(chunks)).toBe("two");
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    client.destroy();
  });

  it("of many chunks comes whole and in order, however slow its reader is", async () => {
    const { client, chunks } = await asked();
    const words = Array.from({ length: 200 }, (_, i) => `${i},`.padEnd(3_000, "."));
    for (const word of words) client.write(piece(word));
    client.write("0\r\n\r\n");
    let read = "";
    for await (const chunk of chunks) {
      read += chunk.toString();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBe(words.join(""));
    client.destroy();
  });

  it("makes the client wait for a reader that does not ask", async () => {
    const { client, incoming, chunks } = await asked(100_000_000);
    const mega = piece("x".repeat(1_000_000));
    let isFull = false;
    for (let i = 0; i < 60 && !isFull; i++) isFull = !client.write(mega) && i > 40;
    await expect.poll(() => incoming.isPaused()).toBe(true);
    expect(isFull).toBe(true);
    await chunks.return();
    client.destroy();
  });

  it("fails at the first byte over the limit, and reads the rest away", async () => {
    const { client, outgoing, chunks } = await asked(5);
    client.write(piece("abc") + piece("def"));
    await expect(all(chunks)).rejects.toThrow("too large");
    for (let i = 0; i < 100; i++) client.write(piece("x".repeat(100_000)));
    client.write("0\r\n\r\n");
    if (client.writableNeedDrain) await once(client, "drain");
    outgoing.end("answered");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(String(answer)).toContain("answered");
    client.destroy();
  });

  it("that its reader leaves is read away, and its connection carries the next request", async () => {
    const { client, outgoing, chunks } = await asked();
    client.write(piece("first"));
    for await (const chunk of chunks) {
      expect(String(chunk)).toBe("first");
      break;
    }
    client.write(`${piece("x".repeat(300_000))}0\r\n\r\n`);
    outgoing.end("early");
    let got = "";
    client.on("data", (chunk) => (got += String(chunk)));
    await expect.poll(() => got).toContain("early");
    client.write("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(client.destroyed).toBe(false);
    client.destroy();
  });

  it("fails where it breaks off, for a reader that waits and for one that comes later", async () => {
    const waiting = await asked();
    const next = waiting.chunks.next();
    waiting.client.destroy();
    await expect(next).rejects.toThrow("before its body was whole");
    await expect(waiting.chunks.next()).rejects.toThrow("before its body was whole");
  });
});
