import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

/** What the upstream does with a connection. */
let play: (socket: Socket) => void = () => {};
const sockets = new Set<Socket>();
let upstream: Server;
let gateway: RunningGateway;

beforeAll(async () => {
  upstream = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    play(socket);
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  gateway = await startTestGateway({
    posts: [],
    upstreams: { openai: { url } },
    timeouts: { idleMs: 200 },
    limits: { headerBytesMax: 16_384 },
  });
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
});
afterAll(async () => {
  await gateway.stop();
  upstream.close();
});

/** Answers every request with the same words. */
const always =
  (words: string, after: (socket: Socket) => void = () => {}) =>
  (socket: Socket): void =>
    void socket.on("data", () => void socket.write(words, () => after(socket)));

const ask = (init: RequestInit = {}): Promise<Response> => fetch(`${gateway.url}/v1/x`, init);
const posted = { method: "POST", body: '{"a":1}' } as const;

describe("an upstream that answers before it has read the request", () => {
  it("is heard, whole, and the client's connection carries its next request", async () => {
    play = (socket) => {
      socket.once("data", () => {
        socket.pause();
        const words = "HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntoo large";
        socket.write(words, () => setTimeout(() => socket.destroy(), 100));
      });
    };
    const client = connect(gateway.port, "127.0.0.1");
    client.on("error", () => {});
    let got = "";
    client.on("data", (chunk) => (got += String(chunk)));
    const bytes = 8_000_000;
    client.write(`POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`);
    client.write(Buffer.alloc(bytes));
    await expect.poll(() => got).toMatch(/^HTTP\/1\.1 413 [^]*too large$/);
    got = "";
    client.write("GET /-/health HTTP/1.1\r\nHost: x\r\n\r\n");
    await expect.poll(() => got).toMatch(/^HTTP\/1\.1 200 /);
    client.destroy();
  });
});

describe("an answer in an unusual form", () => {
  it("may have interim answers before it, which are not its own", async () => {
    play = always(
      "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
        "HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Length: 2\r\n\r\nok",
    );
    const answer = await ask(posted);
    expect([answer.status, answer.headers.get("x-own"), answer.headers.get("link")]).toEqual([
      200,
      "1",
      null,
    ]);
    expect(await answer.text()).toBe("ok");
  });

  it("may have trailers, behind which it ends well", async () => {
    play = always(
      "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n",
    );
    const answer = await ask();
    expect(await answer.text()).toBe("ok");
    expect(answer.headers.get("trailer")).toBeNull();
  });

  it("may be HTTP/1.0, whose end is the end of its connection", async () => {
    play = always("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end", (socket) =>
      socket.end(),
    );
    const answer = await ask();
    expect(await answer.text()).toBe("until the end");
  });

  it("may be to HEAD, with the length that GET would have", async () => {
    play = always("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
    const answer = await ask({ method: "HEAD" });
    expect(answer.headers.get("content-length")).toBe("12345");
    expect(await answer.text()).toBe("");
  });

  it("may have no body by its status, whatever its headers say", async () => {
    play = always("HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 5\r\n\r\n");
    const answer = await ask();
    expect([answer.status, answer.headers.get("etag")]).toEqual([304, "x"]);
  });

  it("may have very many headers", async () => {
    const many = Array.from({ length: 300 }, (_, i) => `X-${i}: ${i}\r\n`).join("");
    play = always(`HTTP/1.1 200 OK\r\n${many}Content-Length: 2\r\n\r\nok`);
    const answer = await ask();
    expect([answer.headers.get("x-0"), answer.headers.get("x-299"), await answer.text()]).toEqual([
      "0",
      "299",
      "ok",
    ]);
  });
});

describe("an answer that is none", () => {
  const code = async (): Promise<[number, string]> => {
    const answer = await ask(posted);
    const { error } = (await answer.json()) as { error: { code: string } };
    return [answer.status, error.code];
  };

  it("is refused where its headers are longer than the limit", async () => {
    play = always(`HTTP/1.1 200 OK\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`);
    expect(await code()).toEqual([502, "upstream_unreadable"]);
  });

  it("is refused where it switches protocols, which nobody asked for", async () => {
    play = always("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n");
    expect(await code()).toEqual([502, "upstream_cut"]);
  });

  it("is refused where it says to go on, which nobody asked for", async () => {
    play = always("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    expect(await code()).toEqual([502, "upstream_cut"]);
  });

  it("is refused where it has two lengths", async () => {
    play = always("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc");
    expect((await code())[0]).toBe(502);
  });

  it("breaks the client's connection where it is shorter than it says", async () => {
    play = always("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", (socket) => socket.end());
    await expect(ask().then((answer) => answer.text())).rejects.toThrow();
  });

  it("is cut where it is longer than it says, and its connection is not used again", async () => {
    play = always(
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    );
    for (let i = 0; i < 3; i++) expect(await (await ask()).text()).toBe("ok");
  });

  it("breaks the client's connection where it stalls", async () => {
    play = always("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    await expect(ask().then((answer) => answer.text())).rejects.toThrow();
    await expect.poll(() => sockets.size).toBe(0);
    const failed = gateway.logged.findLast(
      ({ what }) => what === "exchange failed" || what === "exchange refused",
    );
    expect(failed?.fields["code"]).toBe("upstream_timeout");
  });

  it("that never ends, ends with its client", async () => {
    play = (socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
        const ticking = setInterval(() => socket.write("data: tick\n\n"), 10);
        socket.on("close", () => clearInterval(ticking));
      });
    };
    const leaving = new AbortController();
    const answer = await ask({ signal: leaving.signal });
    const reader = answer.body?.getReader();
    for (let i = 0; i < 3; i++) expect((await reader?.read())?.done).toBe(false);
    leaving.abort();
    await expect.poll(() => sockets.size).toBe(0);
  });
});
