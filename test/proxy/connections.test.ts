import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { Connections, isForwarded } from "../../src/proxy/connections.ts";
import { ReceivedAnswer } from "../../src/proxy/received-answer.ts";
import type { Target } from "../../src/proxy/settings.ts";
import { generousTimeouts, targetOf } from "./support/engine-settings.ts";
import { startProxy } from "./support/forward-proxy.ts";
import { startHttp, startRaw } from "./support/loopback.ts";

function connections(headerBytesMax = 64 * 1024): Connections {
  const made = new Connections(generousTimeouts, headerBytesMax);
  onTestFinished(() => made.close());
  return made;
}

function ask(from: Connections, target: Target): Promise<string> {
  return new Promise((resolve, reject) => {
    const answer = new ReceivedAnswer(target, {
      headers: ({ body }) => void text(body).then(resolve, reject),
      failed: reject,
    });
    from.dispatch(
      target,
      { method: "GET", path: "/", headers: [], body: null, headersTimeout: null },
      answer,
    );
  });
}

/** Lets the pool notice that a connection is free again. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe("the connections to upstreams", () => {
  it("are shared by all targets of one origin, and by no two ways to it", async () => {
    const server = await startHttp((_request, answer) => answer.end("ok"));
    const proxy = await startProxy();
    const from = connections();
    const hop = { origin: proxy.origin, authorization: null };
    for (const target of [targetOf("a", server.origin, "/a"), targetOf("b", server.origin, "/b")]) {
      expect(await ask(from, target)).toBe("ok");
      await settled();
    }
    expect(server.connections).toHaveLength(1);
    await ask(from, { ...targetOf("c", server.origin), http2: true });
    expect(server.connections).toHaveLength(2);
    await ask(from, { ...targetOf("d", server.origin), proxy: hop });
    expect(proxy.asked).toEqual([`GET ${server.origin}/`]);
  });

  it("bound the headers of an answer", async () => {
    const head = `HTTP/1.1 200 OK\r\nX-Long: ${"x".repeat(20_000)}\r\nContent-Length: 2\r\n\r\nok`;
    const { origin } = await startRaw((socket) => socket.once("data", () => socket.write(head)));
    expect(await ask(connections(), targetOf("a", origin))).toBe("ok");
    await expect(ask(connections(16_384), targetOf("a", origin))).rejects.toThrow(/Headers Overflow/);
  });
});

describe("a target behind a proxy", () => {
  it("is asked for at the proxy itself only where it is without TLS", () => {
    const proxy = { origin: "http://proxy.test", authorization: null };
    expect(isForwarded({ ...targetOf("a", "http://a.test"), proxy })).toBe(true);
    expect(isForwarded({ ...targetOf("a", "https://a.test"), proxy })).toBe(false);
    expect(isForwarded(targetOf("a", "http://a.test"))).toBe(false);
  });
});
