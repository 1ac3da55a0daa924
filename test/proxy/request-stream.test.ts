import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { RequestStream } from "../../src/proxy/request-stream.ts";
import { startHttp } from "./support/loopback.ts";

interface Asked {
  readonly client: Socket;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly body: RequestStream;
  /** The paths that were asked for. */
  readonly requests: readonly string[];
}

/** The beginning of a request with a chunked body, which `client` goes on with. */
async function asked(bytesMax = 1_000_000): Promise<Asked> {
  const arrived = Promise.withResolvers<Omit<Asked, "client">>();
  const requests: string[] = [];
  const { port } = await startHttp((incoming, outgoing) => {
    requests.push(incoming.url ?? "");
    if (requests.length > 1) return outgoing.end();
    incoming.on("error", () => {});
    const body = new RequestStream(incoming, bytesMax, () => new Error("too large"));
    arrived.resolve({ incoming, outgoing, body, requests });
  });
  const client = connect(port, "127.0.0.1");
  client.on("error", () => {});
  client.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  return { client, ...(await arrived.promise) };
}

const piece = (bytes: string): string => `${bytes.length.toString(16)}\r\n${bytes}\r\n`;

describe("a request read as it comes", () => {
  it("brings each chunk before the next one is sent", async () => {
    const { client, body } = await asked();
    for (const word of ["one", "two"]) {
      client.write(piece(word));
      const [chunk] = (await once(body, "data")) as [Buffer];
      expect(String(chunk)).toBe(word);
    }
    const ended = once(body, "end");
    client.write("0\r\n\r\n");
    await ended;
    client.destroy();
  });

  it("of many chunks comes whole and in order, however slow its reader is", async () => {
    const { client, body } = await asked();
    const words = Array.from({ length: 200 }, (_, i) => `${i},`.padEnd(3_000, "."));
    for (const word of words) client.write(piece(word));
    client.write("0\r\n\r\n");
    let read = "";
    for await (const chunk of body) {
      read += String(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(read).toBe(words.join(""));
    client.destroy();
  });

  it("makes the client wait for a reader that does not ask", async () => {
    const { client, incoming, body } = await asked(100_000_000);
    const mega = piece("x".repeat(1_000_000));
    for (let i = 0; i < 50; i++) client.write(mega);
    await expect.poll(() => incoming.isPaused()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.writableNeedDrain).toBe(true);
    expect(body.readableLength).toBeLessThan(1_000_000);
    client.destroy();
  });

  it("fails at the first byte over the limit, and reads the rest away", async () => {
    const { client, outgoing, body } = await asked(5);
    client.write(piece("abc") + piece("def"));
    await expect(text(body)).rejects.toThrow("too large");
    for (let i = 0; i < 100; i++) client.write(piece("x".repeat(100_000)));
    client.write("0\r\n\r\n");
    if (client.writableNeedDrain) await once(client, "drain");
    outgoing.end("answered");
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(String(answer)).toContain("answered");
    client.destroy();
  });

  it("that its reader leaves is read away, and its connection carries the next request", async () => {
    const { client, outgoing, body, requests } = await asked();
    client.write(piece("first"));
    await once(body, "data");
    body.destroy();
    client.write(`${piece("x".repeat(3_000_000))}0\r\n\r\n`);
    outgoing.end("early");
    client.write("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => requests.at(-1)).toBe("/next");
    client.destroy();
  });

  it("fails where it breaks off", async () => {
    const { client, body } = await asked();
    const read = text(body);
    client.destroy();
    await expect(read).rejects.toThrow("before its body was whole");
  });
});
