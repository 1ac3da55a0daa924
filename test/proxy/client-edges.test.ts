import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

let upstream: Server;
let gateway: RunningGateway;
/** Whole requests that the upstream got: method, path, body. */
let got: string[] = [];
/** Connections that the upstream has open. */
const open = new Set<Socket>();
let headersSeen: readonly string[] = [];

beforeAll(async () => {
  upstream = createServer({ maxHeaderSize: 65_536 }, async (request, answer) => {
    request.on("error", () => {});
    headersSeen = request.rawHeaders;
    const body = await text(request).catch(() => null);
    if (body === null) return;
    got.push(`${request.method} ${request.url} ${body}`);
    if (request.url === "/v1/wait") return;
    answer.write("ok");
    if (request.url !== "/v1/half") answer.end();
  });
  upstream.maxHeadersCount = 0;
  upstream.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  gateway = await startTestGateway({ posts: [], upstreams: { openai: { url } } });
});
beforeEach(() => {
  got = [];
});
afterAll(async () => {
  await gateway.stop();
  upstream.closeAllConnections();
  upstream.close();
});

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
}

function client(...written: readonly string[]): Client {
  const socket = connect(gateway.port, "127.0.0.1");
  socket.on("error", () => {});
  let received = "";
  socket.on("data", (chunk) => (received += String(chunk)));
  for (const bytes of written) socket.write(bytes);
  return { socket, received: () => received };
}

const post = (headers: string, body = ""): string =>
  `POST /v1/x HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

describe("a request with two meanings", () => {
  it.each([
    [
      "a length and chunks",
      post("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nGET /v1/evil"),
    ],
    [
      "chunks and a length",
      post("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n", "0\r\n\r\nGET /v1/evil"),
    ],
    ["two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "abc")],
    ["a list of lengths", post("Content-Length: 2, 3\r\n", "abc")],
    ["a length with a sign", post("Content-Length: +2\r\n", "ab")],
    ["a coding that only looks like chunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")],
    ["chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")],
    ["chunked before another coding", post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n")],
    ["a space before the colon", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")],
    ["a folded header", post("X-A: 1\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n")],
    ["a chunk size that is no number", post("Transfer-Encoding: chunked\r\n", "2x\r\nab\r\n0\r\n\r\n")],
    ["a chunk size beyond all numbers", post("Transfer-Encoding: chunked\r\n", `${"f".repeat(20)}\r\nab`)],
    ["a chunk longer than its size", post("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n0\r\n\r\n")],
    ["no host", "POST /v1/x HTTP/1.1\r\nContent-Length: 0\r\n\r\n"],
    ["a null byte in a header", post("X-A: a\u0000b\r\n")],
    ["a line feed alone", "POST /v1/x HTTP/1.1\nHost: x\nContent-Length: 0\n\n"],
  ])("is refused, and its upstream gets no request: %s", async (_what, bytes) => {
    const { socket, received } = client(bytes);
    await once(socket, "close");
    expect(received()).toMatch(/^HTTP\/1\.1 400 /);
    expect(got).toEqual([]);
  });

  it("whose later chunk is broken is a request without an end, and nothing follows it", async () => {
    const { socket } = client(post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n"));
    await expect.poll(() => open.size).toBeGreaterThan(0);
    socket.write("zz\r\nGET /v1/evil HTTP/1.1\r\nHost: x\r\n\r\n");
    await once(socket, "close");
    await expect.poll(() => open.size).toBe(0);
    expect(got).toEqual([]);
  });

  it("never is two: what stands behind a body is the client's next request, in its own right", async () => {
    const next = "GET /v1/next HTTP/1.1\r\nHost: x\r\n\r\n";
    const { socket, received } = client(post("Content-Length: 2\r\n", `ab${next}`));
    await expect.poll(() => received().match(/HTTP\/1\.1 200/g)?.length).toBe(2);
    expect(got.toSorted()).toEqual(["GET /v1/next ", "POST /v1/x ab"]);
    socket.destroy();
  });
});

describe("a request in an unusual form", () => {
  it("may wait for 100 Continue", async () => {
    const { socket, received } = client(post("Expect: 100-continue\r\nContent-Length: 2\r\n"));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    expect(got).toEqual([]);
    socket.write("ab");
    await expect.poll(received).toMatch(/HTTP\/1\.1 200 /);
    expect(got).toEqual(["POST /v1/x ab"]);
    expect(headersSeen.map((name) => name.toLowerCase())).not.toContain("expect");
    socket.destroy();
  });

  it("may be HTTP/1.0", async () => {
    const { socket, received } = client("GET /v1/old HTTP/1.0\r\n\r\n");
    await once(socket, "close");
    expect(received()).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\nok$/);
  });

  it("may have very many headers: none is left out", async () => {
    const many = Array.from({ length: 3_000 }, (_, i) => `x${i}: 1\r\n`).join("");
    const { socket, received } = client(post(`${many}X-Last: 1\r\nContent-Length: 0\r\n`));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(headersSeen).toContain("X-Last");
    expect(headersSeen.filter((name) => /^x\d+$/.test(name))).toHaveLength(3_000);
    socket.destroy();
  });

  it("may come byte by byte", async () => {
    const { socket, received } = client();
    socket.setNoDelay(true);
    for (const byte of post("Content-Length: 5\r\n", "slow!")) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(got).toEqual(["POST /v1/x slow!"]);
    socket.destroy();
  });
});

describe("a client that leaves", () => {
  const gone = (): Promise<void> => expect.poll(() => open.size).toBe(0);
  const reached = (): Promise<void> => expect.poll(() => open.size).toBeGreaterThan(0);

  beforeEach(async () => {
    upstream.closeIdleConnections();
    await gone();
  });

  it.each([
    ["in its headers", "POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Le"],
    ["in a body that is read first", post("Content-Length: 10\r\n", "half")],
  ])("%s asks its upstream nothing", async (_when, bytes) => {
    const { socket } = client(bytes);
    await new Promise((resolve) => setTimeout(resolve, 30));
    socket.destroy();
    await once(socket, "close");
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(got).toEqual([]);
    expect(open.size).toBe(0);
  });

  it.each([
    ["in a body that passes as it comes", post("Content-Length: 900000\r\n", "x".repeat(200_000))],
    ["in a chunk", post("Transfer-Encoding: chunked\r\n", "ff\r\nhalf")],
    ["while its answer is awaited", "GET /v1/wait HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["in its answer", "GET /v1/half HTTP/1.1\r\nHost: x\r\n\r\n"],
  ])("%s ends the exchange with the upstream", async (_when, bytes) => {
    for (const leave of ["destroy", "resetAndDestroy", "end"] as const) {
      const { socket } = client(bytes);
      await reached();
      socket[leave]();
      await gone();
      expect(open.size).toBe(0);
    }
  });

  it("is said so in the log, and nothing is called a failure of the upstream's", async () => {
    const { socket } = client("GET /v1/wait HTTP/1.1\r\nHost: x\r\n\r\n");
    await reached();
    gateway.logged.length = 0;
    socket.destroy();
    await expect.poll(() => gateway.logged.map(({ what }) => what)).toEqual(["exchange"]);
    expect(gateway.logged[0]?.fields).toMatchObject({ path: "/v1/wait", gone: true });
  });
});
