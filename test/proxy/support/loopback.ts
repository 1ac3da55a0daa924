import { once } from "node:events";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createNetServer, type AddressInfo, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Loopback {
  readonly origin: string;
  readonly port: number;
  /** Connections that were made so far. */
  readonly connections: readonly Socket[];
}

/** An HTTP server on 127.0.0.1 that ends with the test. */
export function startHttp(listener: RequestListener): Promise<Loopback> {
  return start(createHttpServer(listener));
}

/** A server that speaks whatever `onSocket` writes. Ends with the test. */
export function startRaw(onSocket: (socket: Socket) => void): Promise<Loopback> {
  return start(createNetServer(onSocket));
}

/** Resolves once the connection is closed, however it ended. */
export async function closed(socket: Socket | undefined): Promise<void> {
  if (socket === undefined) throw new Error("nobody connected");
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

/** A port that was free a moment ago, for a server that comes later. */
export async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function start(server: Server): Promise<Loopback> {
  const connections: Socket[] = [];
  server.on("connection", (socket: Socket) => {
    connections.push(socket);
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, connections };
}
