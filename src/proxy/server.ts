import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { serve, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import type { Ledger } from "../ledger/ledger.ts";
import type { Gateway } from "./gateway.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly headerBytesMax: number;
  readonly version: string;
  readonly newId: () => string;
}

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Stops taking connections; those that are idle end at once. Resolves when all have ended. */
  close(): Promise<void>;
  /** Ends the connections that are still busy. */
  closeAll(): void;
}

/**
 * The gateway's own pages under `/-/`, everything else to the gateway. Proxied routes write to
 * Node's own response: web `Response` streams cost a third more CPU and a slower first byte.
 */
function pages(
  gateway: Gateway,
  ledger: Ledger,
  { version, newId }: ListenOptions,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use("/-/*", async (c, next) => {
    const startedMs = performance.now();
    await next();
    c.header("longstop-request-id", newId());
    c.header("longstop-overhead-ms", (performance.now() - startedMs).toFixed(3));
  });
  app.get("/-/health", (c) => c.json({ status: "ok", version }));
  app.get("/-/ready", async (c) => {
    const health = await ledger.health();
    const ready = health.ok && !gateway.draining;
    const status = gateway.draining ? "draining" : health.ok ? "ready" : "ledger down";
    return c.json({ status, ledger: health.detail }, ready ? 200 : 503);
  });
  app.all("/-/*", (c) => c.json({ error: { message: "No such page.", code: "route_unknown" } }, 404));
  app.all("*", async (c) => {
    await gateway.serve(c.env.incoming, c.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  return app;
}

/**
 * For HEAD Hono makes a new response of the route's. One that stands for what was sent already must
 * stay the very object: the server would send the new one, too, and print an error that it cannot.
 */
async function answered(
  app: Hono<{ Bindings: HttpBindings }>,
  request: Request,
  bindings: HttpBindings,
): Promise<Response> {
  const response = await app.fetch(request, bindings);
  return response.headers.has("x-hono-already-sent") ? RESPONSE_ALREADY_SENT : response;
}

/** Listens; rejects with the system's error where it cannot. */
export async function listen(gateway: Gateway, ledger: Ledger, options: ListenOptions): Promise<Listening> {
  const app = pages(gateway, ledger, options);
  const { server, listening } = start(app, options);
  await listening;
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
    closeAll: () => server.closeAllConnections(),
  };
}

function start(
  app: Hono<{ Bindings: HttpBindings }>,
  options: ListenOptions,
): { server: Server; listening: Promise<void> } {
  const server = serve({
    fetch: (request, bindings) => answered(app, request, bindings as HttpBindings),
    hostname: options.host,
    port: options.port,
    createServer,
    serverOptions: {
      maxHeaderSize: options.headerBytesMax,
      // Both bound how long a client may take to send its request, not how long an answer may take.
      requestTimeout: 300_000,
      headersTimeout: 60_000,
      keepAliveTimeout: 75_000,
    },
  }) as Server;
  server.on("upgrade", refuseUpgrade);
  const listening = new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
  });
  return { server, listening };
}

/** WebSockets would carry calls past the posts. */
function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  const body = JSON.stringify({
    error: {
      message: "Longstop does not serve upgrades (WebSocket).",
      type: "invalid_request_error",
      code: "upgrade_refused",
    },
  });
  socket.on("error", () => {});
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: ` +
      `${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
