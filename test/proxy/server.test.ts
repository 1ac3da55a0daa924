import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { Gateway } from "../../src/proxy/gateway.ts";
import { listen } from "../../src/proxy/server.ts";
import { recordedLog } from "./support/recorded-log.ts";
import { startTestGateway, type RunningGateway } from "./support/running-gateway.ts";

describe("the server", () => {
  let gateway: RunningGateway;
  beforeEach(async () => {
    gateway = await startTestGateway({ posts: [], limits: { headerBytesMax: 16384 } });
  });
  afterEach(() => gateway.stop());

  function raw(request: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(gateway.port, "127.0.0.1", () => socket.write(request));
      let got = "";
      socket.on("data", (chunk) => (got += String(chunk)));
      socket.on("close", () => resolve(got));
      socket.on("error", () => {});
    });
  }

  it("says that it is alive and ready", async () => {
    const health = await fetch(`${gateway.url}/-/health`);
    expect(await health.json()).toEqual({ status: "ok", version: "0.0.0-test" });
    expect(health.headers.get("longstop-request-id")).toMatch(/^req_/);
    expect(Number(health.headers.get("longstop-overhead-ms"))).toBeGreaterThanOrEqual(0);
    const ready = await fetch(`${gateway.url}/-/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: "ready" });
    expect((await fetch(`${gateway.url}/-/nope`)).status).toBe(404);
  });

  it("answers HEAD once, and nothing but the log says anything of it", async () => {
    const printed = vi.spyOn(console, "error").mockImplementation(() => {});
    const own = await fetch(`${gateway.url}/-/health`, { method: "HEAD" });
    const proxied = await fetch(`${gateway.url}/u/unknown/v1/models`, { method: "HEAD" });
    const next = await fetch(`${gateway.url}/-/health`);
    expect([own.status, proxied.status, next.status]).toEqual([200, 404, 200]);
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });

  it("refuses upgrades in a sentence", async () => {
    const answer = await raw(
      "GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400/);
    expect(answer).toContain("upgrade_refused");
  });

  it("refuses more header bytes than the limit, and two lengths of one body", async () => {
    expect(await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-large: ${"a".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 431/,
    );
    const smuggled =
      "POST /v1/x HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    expect(await raw(smuggled)).toMatch(/^HTTP\/1\.1 400/);
  });

  it("does not wait for ever for a request, in its headers or in its body", async () => {
    const waiting = { draining: false, serve: () => {} } as unknown as Gateway;
    const listening = await listen(waiting, {} as Ledger, {
      host: "127.0.0.1",
      port: 0,
      headerBytesMax: 16384,
      version: "0",
      newId: () => "req_1",
      isLocal: true,
      log: recordedLog().log,
      patience: { headersMs: 50, requestMs: 100, everyMs: 10 },
    });
    const begun = "POST /v1/x HTTP/1.1\r\nhost: x\r\n";
    for (const bytes of [begun, `${begun}content-length: 500\r\n\r\nhal`]) {
      const socket = connect(listening.port, "127.0.0.1");
      socket.write(bytes);
      let got = "";
      socket.on("data", (chunk) => (got += String(chunk)));
      await once(socket, "close");
      expect(got).toMatch(/^HTTP\/1\.1 408 /);
    }
    await listening.close();
  });

  it("fails to start, and leaves nothing open, where the port is in use", async () => {
    await expect(startTestGateway({ posts: [], listen: { port: gateway.port } })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });

  it("is not ready while its ledger cannot be used, and is alive all the same", async () => {
    const down = { health: () => Promise.resolve({ ok: false, detail: "the disk is full", sizeBytes: 0 }) };
    const listening = await listen({ draining: false } as Gateway, down as unknown as Ledger, {
      host: "127.0.0.1",
      port: 0,
      headerBytesMax: 16384,
      version: "0",
      newId: () => "req_1",
      isLocal: true,
      log: recordedLog().log,
    });
    const ready = await fetch(`${listening.url}/-/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: "ledger down", ledger: "the disk is full" });
    expect((await fetch(`${listening.url}/-/health`)).status).toBe(200);
    await listening.close();
  });

  it("says that a loss is to be confirmed, which no waiting mends", async () => {
    const loss = { why: "older", fromMs: 1, toMs: 2 } as const;
    const health = { ok: false, detail: "The ledger is older than it was.", sizeBytes: 0, loss };
    const ledger = { health: () => Promise.resolve(health) } as unknown as Ledger;
    const listening = await listen({ draining: false } as Gateway, ledger, {
      host: "127.0.0.1",
      port: 0,
      headerBytesMax: 16384,
      version: "0",
      newId: () => "req_1",
      isLocal: false,
      log: recordedLog().log,
    });
    const ready = await fetch(`${listening.url}/-/ready`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: "ledger unconfirmed" }]);
    await listening.close();
  });

  it("tells what is wrong with the ledger to the log alone, once, where strangers may ask", async () => {
    const health = { ok: false, detail: "The ledger /srv/private.db is full.", sizeBytes: 0 };
    const ledger = { health: () => Promise.resolve(health) } as unknown as Ledger;
    for (const { isLocal, asksForKeys } of [
      { isLocal: false, asksForKeys: false },
      { isLocal: true, asksForKeys: true },
    ]) {
      const { log, entries } = recordedLog();
      const listening = await listen({ draining: false, asksForKeys } as Gateway, ledger, {
        host: "127.0.0.1",
        port: 0,
        headerBytesMax: 16384,
        version: "0",
        newId: () => "req_1",
        isLocal,
        log,
      });
      for (const ok of [false, false, true, false]) {
        health.ok = ok;
        const ready = await fetch(`${listening.url}/-/ready`);
        expect([ready.status, await ready.json()]).toEqual(
          ok ? [200, { status: "ready" }] : [503, { status: "ledger down" }],
        );
      }
      expect(entries.map(({ fields }) => fields["sentence"])).toEqual([health.detail, health.detail]);
      await listening.close();
    }
  });

  it("tells it to whoever may ask on this machine, until keys are asked for", async () => {
    const ready = async (): Promise<unknown> => (await fetch(`${gateway.url}/-/ready`)).json();
    expect(await ready()).toHaveProperty("ledger", expect.stringContaining(gateway.ledgerFile));
    const keys = { acme: { keys: [{ hash: `sha256:${"0".repeat(64)}` }] } };
    await gateway.reload({ posts: [], tenancy: "keys", keys });
    expect(await ready()).toEqual({ status: "ready" });
  });
});
