import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { errors, type buildConnector } from "undici";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ClientPool } from "../../src/proxy/client-pool.ts";
import { startHttp, startRaw, freePort } from "./support/loopback.ts";

function poolFor(origin: string, keepAliveTimeout = 10_000): ClientPool {
  const pool = new ClientPool(origin, { keepAliveTimeout });
  onTestFinished(() => pool.destroy());
  return pool;
}

/** Resolves once an answer is whole; rejects with what the request ended with. */
function ask(pool: ClientPool, path = "/"): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  pool.dispatch(
    { method: "GET", path },
    {
      onRequestStart: () => {},
      onResponseStart: () => {},
      onResponseData: () => {},
      onResponseEnd: () => resolve(),
      onResponseError: (_controller, error) => reject(error),
    },
  );
  return promise;
}

/** An origin that answers each request when it is told to. */
async function startWaiting() {
  const answers: (() => void)[] = [];
  const ports: (number | undefined)[] = [];
  const server = await startHttp((request, answer) => {
    ports.push(request.socket.remotePort);
    answers.push(() => answer.end("ok"));
  });
  return { ...server, answers, ports };
}

describe("a pool of connections", () => {
  it("opens one for each request under way, and uses those that are free again", async () => {
    const server = await startWaiting();
    const pool = poolFor(server.origin);
    for (let round = 1; round <= 3; round++) {
      const asked = [ask(pool), ask(pool), ask(pool)];
      await vi.waitFor(() => expect(server.answers).toHaveLength(3));
      for (const answer of server.answers.splice(0)) answer();
      await Promise.all(asked);
      await sleep(10);
    }
    expect(server.connections).toHaveLength(3);
    expect(pool.size).toBe(3);
  });

  it("sends the next request where the last one was, so that the others may close", async () => {
    const waiting = await startWaiting();
    const pool = poolFor(waiting.origin);
    const both = [ask(pool), ask(pool)];
    await vi.waitFor(() => expect(waiting.answers).toHaveLength(2));
    const [first, second] = waiting.answers.splice(0);
    second?.();
    await both[1];
    await sleep(10);
    first?.();
    await both[0];
    for (let round = 0; round < 3; round++) {
      await sleep(10);
      const asked = ask(pool);
      await vi.waitFor(() => expect(waiting.answers).toHaveLength(1));
      waiting.answers.splice(0)[0]?.();
      await asked;
    }
    expect(new Set(waiting.ports.slice(2))).toEqual(new Set([waiting.ports[0]]));
  });

  it("forgets those that have closed, in use or free", async () => {
    const sockets: Socket[] = [];
    const { origin } = await startRaw((socket) => {
      sockets.push(socket);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    const pool = poolFor(origin);
    await ask(pool);
    await sleep(10);
    expect(pool.size).toBe(1);
    sockets[0]?.end();
    await vi.waitFor(() => expect(pool.size).toBe(0));
    await ask(pool);
    expect(sockets).toHaveLength(2);
  });

  it("forgets those whose answer ends with the connection", async () => {
    const server = await startHttp((_request, answer) => answer.setHeader("connection", "close").end("ok"));
    const pool = poolFor(server.origin);
    for (let round = 0; round < 3; round++) await ask(pool);
    await vi.waitFor(() => expect(pool.size).toBe(0));
  });

  it("forgets those that nobody needed for a while", async () => {
    const server = await startHttp((_request, answer) => answer.end("ok"));
    const pool = poolFor(server.origin, 50);
    await Promise.all([ask(pool), ask(pool)]);
    await vi.waitFor(() => expect(pool.size).toBe(0), { timeout: 5_000 });
  });

  it("forgets those that could not be opened, and opens others once that can be", async () => {
    const port = await freePort();
    const pool = poolFor(`http://127.0.0.1:${port}`);
    await expect(ask(pool)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await sleep(10);
    expect(pool.size).toBe(0);
    const server = createServer((_request, answer) => answer.end("ok")).listen(port, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    await ask(pool);
    expect(pool.size).toBe(1);
  });

  it("opens one no second time for a request that it could not carry", async () => {
    let opened = 0;
    const connect: buildConnector.connector = (_options, callback) => {
      opened++;
      callback(new errors.SocketError("the proxy hung up"), null);
    };
    const pool = new ClientPool("http://a.test", { connect });
    onTestFinished(() => pool.destroy());
    await expect(ask(pool)).rejects.toThrow();
    await sleep(10);
    expect(opened).toBe(1);
    expect(pool.size).toBe(0);
  });

  it("keeps nothing of a request that cannot be sent", async () => {
    const server = await startHttp((_request, answer) => answer.end("ok"));
    const pool = poolFor(server.origin);
    await expect(ask(pool, "/a b")).rejects.toThrow(/path/);
    expect(pool.size).toBe(0);
    await ask(pool);
    expect(server.connections).toHaveLength(1);
  });

  it("gives one to no two requests, also behind one that was given up as it began", async () => {
    const server = await startWaiting();
    const pool = poolFor(server.origin);
    const first = ask(pool);
    await vi.waitFor(() => expect(server.answers).toHaveLength(1));
    server.answers.splice(0)[0]?.();
    await first;
    await sleep(10);
    const givenUp = Promise.withResolvers<void>();
    pool.dispatch(
      { method: "GET", path: "/" },
      {
        onRequestStart: (controller) => controller.abort(new Error("given up")),
        onResponseStart: () => {},
        onResponseData: () => {},
        onResponseEnd: () => {},
        onResponseError: (_controller, error) => givenUp.reject(error),
      },
    );
    await expect(givenUp.promise).rejects.toThrow("given up");
    await sleep(10);
    const both = [ask(pool), ask(pool)];
    await vi.waitFor(() => expect(server.answers).toHaveLength(2));
    for (const answer of server.answers) answer();
    await Promise.all(both);
    expect(new Set(server.ports.slice(-2)).size).toBe(2);
  });

  it("breaks off what is under way when it is destroyed", async () => {
    const server = await startWaiting();
    const pool = poolFor(server.origin);
    const asked = ask(pool);
    await vi.waitFor(() => expect(server.answers).toHaveLength(1));
    const [ended] = await Promise.allSettled([asked, pool.destroy()]);
    expect(ended).toMatchObject({ status: "rejected", reason: { code: "UND_ERR_DESTROYED" } });
    expect(pool.size).toBe(0);
  });
});
