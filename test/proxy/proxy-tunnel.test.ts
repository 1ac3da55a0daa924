import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ProxyHop, Target } from "../../src/proxy/settings.ts";
import { UpstreamFailure, Upstreams, type UpstreamAnswer } from "../../src/proxy/upstream.ts";
import { generousTimeouts } from "./support/engine-settings.ts";
import { startProxy } from "./support/forward-proxy.ts";
import { startHttp2 } from "./support/http2-server.ts";
import { closedPort } from "./support/closed-port.ts";
import { startHttp, startRaw } from "./support/loopback.ts";
import { serverIdentity, trustTestCertificate } from "./support/tls.ts";

trustTestCertificate();

const hopOf = (origin: string, authorization: string | null = null): ProxyHop => ({ origin, authorization });

function send(
  origin: string,
  proxy: ProxyHop,
  more: Partial<Target> = {},
  timeouts = {},
): Promise<UpstreamAnswer> {
  const sender = new Upstreams({ ...generousTimeouts, ...timeouts });
  onTestFinished(() => sender.close());
  return sender.send({
    target: { name: "there", origin, basePath: "/base", proxy, ...more },
    method: "POST",
    path: "/x?q=1",
    headers: ["authorization", "Bearer secret-1", "X-Twice", "a", "x-twice", "b"],
    body: "ping",
    signal: new AbortController().signal,
  });
}

async function failureOf(sending: Promise<unknown>): Promise<UpstreamFailure> {
  const thrown: unknown = await sending.then(
    () => null,
    (error: unknown) => error,
  );
  if (thrown instanceof UpstreamFailure) return thrown;
  throw new Error(`expected an UpstreamFailure, got ${String(thrown)}`);
}

/** An https upstream called upstream.test, which only the proxy can find. */
async function startTls(): Promise<string> {
  const server = createServer(serverIdentity, async (request, answer) => {
    const got = await text(request);
    answer.end(`${request.method} ${request.url} ${request.headers["authorization"]} ${got}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://upstream.test:${(server.address() as AddressInfo).port}`;
}

describe("an https upstream behind a proxy", () => {
  it.each([false, true])(
    "is spoken to through a tunnel, in which nobody reads (proxy with TLS: %s)",
    async (tls) => {
      const origin = await startTls();
      const proxy = await startProxy({ tls, wants: "Basic bWU6cHc=" });
      const answer = await send(origin, hopOf(proxy.origin, "Basic bWU6cHc="));
      expect(await text(answer.body)).toBe("POST /base/x?q=1 Bearer secret-1 ping");
      expect(proxy.asked).toEqual([`CONNECT ${new URL(origin).host}`]);
      expect(proxy.headers[0]).not.toHaveProperty("authorization");
      expect(proxy.seen().length).toBeGreaterThan(100);
      expect(proxy.seen()).not.toContain("secret-1");
    },
  );

  it("is spoken to over HTTP/2 in it, where both sides want that", async () => {
    const server = await startHttp2((stream) => {
      stream.respond({ ":status": 200 });
      stream.pipe(stream);
    });
    const proxy = await startProxy();
    const origin = server.origin.replace("localhost", "upstream.test");
    const answer = await send(origin, hopOf(proxy.origin), { http2: true });
    expect(await text(answer.body)).toBe("ping");
    expect(server.requests).toHaveLength(1);
    expect(proxy.asked).toHaveLength(1);
  });

  it.each([
    [407, "the proxy wants other credentials (407)"],
    [403, "the proxy answered 403"],
    [502, "the proxy answered 502"],
  ])("was not sent anything where the proxy refuses with %i", async (refuses, why) => {
    const proxy = await startProxy({ refuses });
    const failure = await failureOf(send("https://upstream.test:1", hopOf(proxy.origin, "Basic bWU6cHc=")));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable", status: 503 } });
    expect(failure.message).toBe(
      `The upstream there (https://upstream.test:1) cannot be reached through the proxy ${proxy.origin}: ` +
        `${why}. Nothing was sent.`,
    );
    expect(failure.message).not.toContain("bWU6cHc=");
    expect(proxy.asked).toHaveLength(1);
  });

  it("was not sent anything where nobody listens at the proxy, or it does not answer", async () => {
    const nobody = `http://127.0.0.1:${await closedPort()}`;
    const refused = await failureOf(send("https://upstream.test", hopOf(nobody)));
    expect(refused).toMatchObject({ sent: "no", error: { code: "upstream_unreachable" } });
    expect(refused.message).toContain(`through the proxy ${nobody}: the connection is refused.`);
    const silent = await startRaw(() => {});
    const late = await failureOf(send("https://upstream.test", hopOf(silent.origin), {}, { connectMs: 50 }));
    expect(late.sent).toBe("no");
    expect(late.message).toContain("no connection within the time limit");
    const closing = await startRaw((socket) => socket.once("data", () => socket.destroy()));
    expect((await failureOf(send("https://upstream.test", hopOf(closing.origin)))).sent).toBe("no");
    const garbage = await startRaw((socket) => socket.once("data", () => socket.end("no HTTP\r\n\r\n")));
    expect((await failureOf(send("https://upstream.test", hopOf(garbage.origin)))).sent).toBe("no");
  });
});

describe("an http upstream behind a proxy", () => {
  it("is asked for by its whole URL, with every header as it came", async () => {
    const got: (readonly string[])[] = [];
    const { port } = await startHttp(async (request, answer) => {
      got.push(request.rawHeaders);
      answer.end(`${request.method} ${request.url} ${await text(request)}`);
    });
    const proxy = await startProxy({ wants: "Basic bWU6cHc=" });
    const answer = await send(`http://upstream.test:${port}`, hopOf(proxy.origin, "Basic bWU6cHc="));
    expect(await text(answer.body)).toBe("POST /base/x?q=1 ping");
    expect(proxy.asked).toEqual([`POST http://upstream.test:${port}/base/x?q=1`]);
    expect(proxy.headers[0]).toMatchObject({ host: `upstream.test:${port}`, "x-twice": "a, b" });
    expect(got[0]?.join(" ").toLowerCase()).not.toContain("proxy-authorization");
  });

  it("is reached through a proxy with TLS, whose certificate is checked by the proxy's name", async () => {
    const { port } = await startHttp((_request, answer) => answer.end("ok"));
    const proxy = await startProxy({ tls: true });
    const answer = await send(`http://other.test:${port}`, hopOf(proxy.origin));
    expect(await text(answer.body)).toBe("ok");
  });

  it("was not sent anything where the proxy wants credentials, or is not there", async () => {
    const proxy = await startProxy({ wants: "Basic bWU6cHc=" });
    const failure = await failureOf(send("http://upstream.test:1", hopOf(proxy.origin, "Basic d3Jvbmc=")));
    expect(failure).toMatchObject({ sent: "no", error: { code: "upstream_unreachable", status: 503 } });
    expect(failure.message).toContain(`the proxy ${proxy.origin}: the proxy wants other credentials (407).`);
    const nobody = `http://127.0.0.1:${await closedPort()}`;
    const gone = await failureOf(send("http://upstream.test:1", hopOf(nobody)));
    expect(gone.message).toContain(`through the proxy ${nobody}: the connection is refused.`);
  });
});
