import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** One request as an upstream has it, with the connection in its hands. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly socket: Socket;
  /** Resolves once its connection is closed, by whomever. */
  closed(): Promise<void>;
}

export interface RawUpstream {
  readonly url: string;
  /** Every request that came whole, in order. */
  readonly asked: Asked[];
  /** Every connection that was made. */
  readonly connections: Socket[];
  /** What is done with a request from now on. Nothing means: no answer, for ever. */
  serve: (asked: Asked) => void;
  close(): Promise<void>;
}

/**
 * An upstream that does to its connections whatever a test says. `keeps`: remembers what it saw.
 * `idleSeconds`: how long it says that a connection may wait for its next request.
 */
export async function startRawUpstream(
  serve: (asked: Asked) => void = () => {},
  { keeps = true, idleSeconds = 75 }: { readonly keeps?: boolean; readonly idleSeconds?: number } = {},
): Promise<RawUpstream> {
  const asked: Asked[] = [];
  const connections: Socket[] = [];
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("error", () => {});
    outgoing.on("error", () => {});
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const { socket } = incoming;
      const one: Asked = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        body: Buffer.concat(chunks).toString("utf8"),
        incoming,
        outgoing,
        socket,
        closed: () => new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", resolve))),
      };
      if (keeps) asked.push(one);
      upstream.serve(one);
    });
  });
  // Node's own bound on their number would hide what arrives.
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = idleSeconds * 1000;
  server.on("connection", (socket: Socket) => {
    if (keeps) connections.push(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: RawUpstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    connections,
    serve,
    async close() {
      const ended = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await ended;
    },
  };
  return upstream;
}

/** An answer's head for a body that ends with the connection. */
export function head(type: string, ...more: readonly string[]): string {
  return [`HTTP/1.1 200 OK`, `content-type: ${type}`, ...more, "", ""].join("\r\n");
}

export const eventStream = "text/event-stream";

/** Begins a stream that stays open. */
export function beginStream({ outgoing }: Asked, frames: readonly string[]): void {
  outgoing.writeHead(200, { "content-type": eventStream });
  outgoing.flushHeaders();
  for (const frame of frames) outgoing.write(frame);
}
