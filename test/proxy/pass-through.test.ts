import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, createServer as createRawServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function gatewayTo(
  answer: RequestListener,
  more: Readonly<Record<string, unknown>> = {},
): Promise<RunningGateway> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const gateway = await startTestGateway({ posts: [], upstreams: { openai: { url } }, ...more });
  stops.push(() => gateway.stop());
  return gateway;
}

describe("bytes that nobody watches", () => {
  it("pass piece by piece, in both directions, before either side has ended", async () => {
    const gateway = await gatewayTo((request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      request.pipe(response);
    });
    const pieces: string[] = [];
    const socket = connect(gateway.port, "127.0.0.1");
    socket.on("data", (chunk) => pieces.push(String(chunk)));
    socket.write("POST /v1/echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    for (const word of ["one", "two", "three"]) {
      socket.write(`${word.length}\r\n${word}\r\n`);
      await expect.poll(() => pieces.join("")).toContain(word);
    }
    socket.destroy();
  });

  it("pass unchanged whatever the size, the method and the coding", async () => {
    const gateway = await gatewayTo((request, response) => {
      response.writeHead(207, { "content-encoding": "br", "set-cookie": ["a=1", "b=2"] });
      request.pipe(response);
    });
    const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 7) % 256));
    const got = await new Promise<{ status: string; bytes: Buffer }>((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect(gateway.port, "127.0.0.1");
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.on("close", () => {
        const all = Buffer.concat(chunks);
        resolve({ status: all.subarray(0, 200).toString("latin1"), bytes: all });
      });
      const head = `PROPFIND /v1/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
      socket.write(head);
      socket.write(body);
    });
    expect(got.status).toMatch(/^HTTP\/1\.1 207/);
    const text = got.bytes.toString("latin1");
    expect(text).toContain("content-encoding: br");
    expect(text).toContain("set-cookie: a=1");
    expect(text).toContain("set-cookie: b=2");
  });

  it("break the client's connection when the upstream breaks off, instead of ending it well", async () => {
    const raw = createRawServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", () =>
          socket.destroy(),
        );
      });
    });
    await new Promise<void>((resolve) => raw.listen(0, "127.0.0.1", resolve));
    stops.push(() => new Promise((resolve) => raw.close(resolve)));
    const url = `http://127.0.0.1:${(raw.address() as AddressInfo).port}`;
    const gateway = await startTestGateway({ posts: [], upstreams: { openai: { url } } });
    stops.push(() => gateway.stop());
    await expect(fetch(`${gateway.url}/v1/x`).then((answer) => answer.text())).rejects.toThrow();
  });

  it("over the limit without an announced length reach the upstream no further than the limit", async () => {
    let reached = 0;
    const gateway = await gatewayTo(
      (request) => {
        request.on("data", (chunk: Buffer) => (reached += chunk.length));
        request.on("error", () => {});
      },
      { limits: { requestBytesMax: 4096 } },
    );
    const answer = await new Promise<string>((resolve) => {
      let got = "";
      const socket = connect(gateway.port, "127.0.0.1");
      socket.on("data", (chunk) => (got += String(chunk)));
      socket.on("close", () => resolve(got));
      socket.on("error", () => {});
      socket.write("POST /v1/x HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
      for (let i = 0; i < 8; i++) socket.write(`400\r\n${"x".repeat(1024)}\r\n`);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413/);
    expect(reached).toBeLessThanOrEqual(4096);
  });

  it("are no longer asked for once the client is gone", async () => {
    let closed = false;
    const gateway = await gatewayTo((_request, response) => {
      response.write("first");
      response.on("close", () => (closed = true));
    });
    const leaving = new AbortController();
    const answer = await fetch(`${gateway.url}/v1/x`, { signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    await expect.poll(() => closed).toBe(true);
  });
});
