import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Log } from "../exchange/log.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Gateway } from "./gateway.ts";

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly headerBytesMax: number;
  readonly version: string;
  readonly newId: () => string;
  /** True where only this machine can reach it. */
  readonly isLocal: boolean;
  readonly log: Log;
  /** Left out, `usualPatience`. */
  readonly patience?: Patience;
}

/** How long a client may take to send a request; not how long its answer may take. In ms. */
interface Patience {
  readonly headersMs: number;
  readonly requestMs: number;
  /** How often it is looked at. */
  readonly everyMs: number;
}

const usualPatience: Patience = { headersMs: 60_000, requestMs: 300_000, everyMs: 30_000 };

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Stops taking connections; those that are idle end at once. Resolves when all have ended. */
  close(): Promise<void>;
  /** Ends the connections that are still busy. */
  closeAll(): void;
}

/** Where the gateway's own pages stand; every other path is an exchange. */
const ownPages = "/-/";

function pages(gateway: Gateway, ledger: Ledger, { version, newId, isLocal, log }: ListenOptions): Hono {
  const app = new Hono();
  let wasOk = true;
  app.use(async (c, next) => {
    const startedMs = performance.now();
    await next();
    c.header("longstop-request-id", newId());
    c.header("longstop-overhead-ms", (performance.now() - startedMs).toFixed(3));
  });
  app.get("/-/health", (c) => c.json({ status: "ok", version }));
  app.get("/-/ready", async (c) => {
    const health = await ledger.health();
    const ready = health.ok && !gateway.draining;
    const trouble = health.loss === undefined ? "ledger down" : "ledger unconfirmed";
    const status = gateway.draining ? "draining" : health.ok ? "ready" : trouble;
    if (wasOk && !health.ok) log.warn("the ledger cannot be used", { sentence: health.detail });
    wasOk = health.ok;
    // Paths and sizes are the operator's, and this page asks nobody for a key.
    const detail = isLocal && !gateway.asksForKeys ? { ledger: health.detail } : {};
    return c.json({ status, ...detail }, ready ? 200 : 503);
  });
  app.all("*", (c) => c.json({ error: { message: "No such page.", code: "route_unknown" } }, 404));
  return app;
}

/** Connections that may wait, as far as the system allows: bursts of streams overflow the default of 511. */
const backlog = 4096;

/** Listens; rejects with the system's error where it cannot. */
export async function listen(gateway: Gateway, ledger: Ledger, options: ListenOptions): Promise<Listening> {
  const server = serverFor(gateway, pages(gateway, ledger, options), options);
  await untilListening(server, options);
  return listeningAt(server, options.host);
}

/** Listens; rejects with the system's error where it cannot. */
export async function untilListening(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", reject);
    server.listen({ port, host, backlog });
  });
}

/** A server that listens, to who ends it. */
export function listeningAt(server: Server, host: string): Listening {
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
    closeAll: () => server.closeAllConnections(),
  };
}

/**
 * Exchanges go to Node's own request and response: a web `Request` and `Response` for each would cost
 * more than everything else that a passing exchange does.
 */
function serverFor(gateway: Gateway, app: Hono, options: ListenOptions): Server {
  const { headerBytesMax, patience = usualPatience } = options;
  const servePage = getRequestListener((request) => app.fetch(request));
  const server = createServer(
    {
      maxHeaderSize: headerBytesMax,
      requestTimeout: patience.requestMs,
      headersTimeout: patience.headersMs,
      connectionsCheckingInterval: patience.everyMs,
      keepAliveTimeout: 75_000,
    },
    (incoming, outgoing) => {
      if (incoming.url?.startsWith(ownPages) === true) void servePage(incoming, outgoing);
      else void gateway.serve(incoming, outgoing);
    },
  );
  // Beyond a number of headers Node would leave the rest out in silence; their bytes are bounded.
  server.maxHeadersCount = 0;
  server.on("upgrade", refuseUpgrade);
  return server;
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
