import { createServer, type Server } from "node:http";
import {
  connect,
  createServer as createRawServer,
  type AddressInfo,
  type Server as RawServer,
} from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { startProvider } from "../../examples/provider/provider.ts";
import { dialects, post, type Json } from "./support/dialects.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function gatewayTo(url: string, more: Json = {}): Promise<RunningGateway> {
  const gateway = await startTestGateway({
    posts: [{ guard: "tool-schema" }],
    upstreams: { openai: { url }, anthropic: { url } },
    ...more,
  });
  stops.push(() => gateway.stop());
  return gateway;
}

async function listening(server: Server | RawServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => new Promise((resolve) => server.close(resolve)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A raw server that answers every request with these bytes and ends. */
function rawUpstream(answer: string): Promise<string> {
  return listening(
    createRawServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(answer));
    }),
  );
}

describe.each(dialects)("a request of $name", (dialect) => {
  const body = dialect.request([dialect.user("Hello")]);

  async function errorOf(answer: Response): Promise<{ status: number; code: string; sentence: string }> {
    return { status: answer.status, ...dialect.error((await answer.json()) as Json) };
  }

  it("passes bytes and headers through where no post is on duty", async () => {
    let seen = "";
    const url = await listening(
      createServer((request, response) => {
        request.on("data", (chunk) => (seen += String(chunk)));
        request.on("end", () => {
          response.writeHead(200, { "content-type": "application/json", "x-custom": ["a", "b"] });
          response.end('{"not": "an answer" }');
        });
      }),
    );
    const gateway = await gatewayTo(url, { posts: [] });
    const answer = await post(gateway.url, dialect, '{"any": "thing"   }');
    expect(seen).toBe('{"any": "thing"   }');
    expect(await answer.text()).toBe('{"not": "an answer" }');
    expect(answer.headers.get("x-custom")).toBe("a, b");
    expect(answer.headers.get("longstop-request-id")).toMatch(/^req_/);
    expect(Number(answer.headers.get("longstop-overhead-ms"))).toBeGreaterThan(0);
  });

  it("says 503 and how long to wait when the upstream is down: nothing was sent", async () => {
    const gateway = await gatewayTo("http://127.0.0.1:1");
    const answer = await post(gateway.url, dialect, body);
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.headers.get("x-should-retry")).not.toBe("false");
    expect(await errorOf(answer)).toMatchObject({ status: 503, code: "upstream_unreachable" });
  });

  it("says 400 when the upstream does not answer in time, so that no client pays again by itself", async () => {
    const provider = await startProvider(() => ({ silent: true }));
    stops.push(() => provider.close());
    const gateway = await gatewayTo(provider.url, { timeouts: { headersMs: 1000 } });
    const answer = await post(gateway.url, dialect, body);
    expect(answer.headers.get("x-should-retry")).toBe("false");
    expect(await errorOf(answer)).toMatchObject({ status: 400, code: "upstream_timeout" });
  });

  it("never passes a piece of an answer off as the whole", async () => {
    const cut = await gatewayTo(
      await rawUpstream(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"id":',
      ),
    );
    expect(await errorOf(await post(cut.url, dialect, body))).toMatchObject({
      status: 502,
      code: "upstream_cut",
    });
    const unwatched = await gatewayTo(
      await rawUpstream(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{"id":',
      ),
      { posts: [] },
    );
    await expect(post(unwatched.url, dialect, body).then((answer) => answer.text())).rejects.toThrow();
  });

  it("says that an answer is no HTTP, no JSON, or in an unknown coding", async () => {
    const noHttp = await gatewayTo(await rawUpstream("SSH-2.0-OpenSSH\r\n\r\n"));
    expect((await post(noHttp.url, dialect, body)).status).toBe(502);
    const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
    const noJson = await gatewayTo(await rawUpstream(`${head}\r\n{"id": nope`));
    expect(await errorOf(await post(noJson.url, dialect, body))).toMatchObject({
      code: "upstream_unreadable",
    });
    const coding = await gatewayTo(await rawUpstream(`${head}content-encoding: x-secret\r\n\r\nabc`));
    expect(await errorOf(await post(coding.url, dialect, body))).toMatchObject({ code: "upstream_encoding" });
    const broken = await gatewayTo(await rawUpstream(`${head}content-encoding: gzip\r\n\r\nnot gzip at all`));
    expect(await errorOf(await post(broken.url, dialect, body))).toMatchObject({ code: "upstream_encoding" });
  });

  it("reads a whole answer that is compressed although identity was asked for", async () => {
    const provider = await startProvider(() => ({ text: "Hello", gzip: true }));
    stops.push(() => provider.close());
    const gateway = await gatewayTo(provider.url);
    const answer = await post(gateway.url, dialect, body);
    expect(dialect.text((await answer.json()) as Json)).toBe("Hello");
  });

  it("reads a compressed request, and refuses what is not UTF-8 or not JSON", async () => {
    const provider = await startProvider(() => ({ text: "Hello" }));
    stops.push(() => provider.close());
    const gateway = await gatewayTo(provider.url);
    const send = (bytes: Uint8Array | string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(gateway.url + dialect.path, {
        method: "POST",
        headers: { ...dialect.headers, ...headers },
        body: bytes as string,
      });
    const zipped = await send(gzipSync(JSON.stringify(body)), { "content-encoding": "gzip" });
    expect(zipped.status).toBe(200);
    for (const bad of [Buffer.from([0x7b, 0xff, 0x7d]), "{nope", "[]", '"text"', "", '{"messages": 5}']) {
      const refused = await errorOf(await send(bad));
      expect(refused).toMatchObject({ status: 400, code: "request_malformed" });
    }
    expect((await errorOf(await send(Buffer.from("x"), { "content-encoding": "gzip" }))).status).toBe(400);
    expect(provider.requests).toHaveLength(1);
  });

  it("refuses a body over the limit, announced or not, before the upstream hears of it", async () => {
    const provider = await startProvider();
    stops.push(() => provider.close());
    const gateway = await gatewayTo(provider.url, { limits: { requestBytesMax: 4096 }, hold: {} });
    const large = dialect.request([dialect.user("x".repeat(10_000))]);
    expect(await errorOf(await post(gateway.url, dialect, large))).toMatchObject({
      status: 413,
      code: "request_too_large",
    });
    const chunked = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, "127.0.0.1");
      let got = "";
      socket.on("data", (chunk) => (got += String(chunk)));
      socket.on("close", () => resolve(got));
      socket.on("error", () => {});
      const piece = "x".repeat(5000);
      socket.write(`POST ${dialect.path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
      socket.write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    });
    expect(chunked).toMatch(/^HTTP\/1\.1 413/);
    expect(provider.requests).toHaveLength(0);
  });

  it("ends the upstream's work when the client goes away", async () => {
    const provider = await startProvider(() => ({
      text: Array.from({ length: 200 }, () => "word "),
      eventDelayMs: 20,
    }));
    stops.push(() => provider.close());
    const gateway = await gatewayTo(provider.url);
    const leaving = new AbortController();
    const answer = await fetch(gateway.url + dialect.path, {
      method: "POST",
      headers: dialect.headers,
      body: JSON.stringify({ ...body, stream: true }),
      signal: leaving.signal,
    });
    await answer.body?.getReader().read();
    leaving.abort();
    await expect.poll(() => provider.requests[0]?.outcome).toBe("client-gone");
  });
});

describe("Anthropic threads", () => {
  it("are refused in the words that make the SDK fall back", async () => {
    const provider = await startProvider();
    stops.push(() => provider.close());
    const gateway = await gatewayTo(provider.url);
    const [, messages] = dialects;
    if (messages === undefined) throw new Error("no dialect");
    const thread = messages.request([messages.user("Hi")], { thread: { type: "create" } });
    const answer = await post(gateway.url, messages, thread);
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as Json)["error"].details.error_code).toBe("thread_unsupported_request");
    expect(provider.requests).toHaveLength(0);
    expect(gateway.logged.map(({ what }) => what)).toContain("sent back to be asked in another form");
  });
});
