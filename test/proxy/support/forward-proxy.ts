import { once } from "node:events";
import { createServer, request as forward, type IncomingHttpHeaders } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect, type AddressInfo, type Socket } from "node:net";
import { pipeline } from "node:stream";
import { onTestFinished } from "vitest";
import { serverIdentity } from "./tls.ts";

export interface ForwardProxy {
  readonly origin: string;
  readonly port: number;
  /** What it was asked for, in order: `CONNECT host:port`, or `GET http://host/path`. */
  readonly asked: readonly string[];
  /** The headers of what it was asked for. */
  readonly headers: readonly IncomingHttpHeaders[];
  /** Every byte that went through its tunnels on the way out. */
  readonly seen: () => string;
}

interface Behaviour {
  /** Spoken to over TLS itself. */
  readonly tls?: boolean;
  /** The only credentials that it takes, as `Proxy-Authorization` has them. */
  readonly wants?: string;
  /** What it answers instead of doing what it is asked. */
  readonly refuses?: number;
}

/**
 * A proxy as companies have one: tunnels for CONNECT, and forwarding of plain requests. Every name is
 * this machine to it. Ends with the test.
 */
export async function startProxy({ tls = false, wants, refuses }: Behaviour = {}): Promise<ForwardProxy> {
  const asked: string[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const sockets = new Set<Socket>();
  let seen = "";
  const server = tls ? createTlsServer(serverIdentity) : createServer();
  const refusalOf = (sent: IncomingHttpHeaders): number | null =>
    refuses ?? (wants !== undefined && sent["proxy-authorization"] !== wants ? 407 : null);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.on("connect", (request, client: Socket) => {
    client.on("error", () => {});
    asked.push(`CONNECT ${request.url}`);
    headers.push(request.headers);
    const refusal = refusalOf(request.headers);
    if (refusal !== null) return void client.end(`HTTP/1.1 ${refusal} No\r\nContent-Length: 0\r\n\r\n`);
    const upstream = connect(Number(request.url?.split(":").at(-1)), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.on("data", (chunk) => (seen += chunk.toString("latin1")));
      pipeline(client, upstream, client, () => {});
    });
    sockets.add(upstream);
    upstream.on("error", () => client.destroy());
  });
  server.on("request", (request, answer) => {
    asked.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    const refusal = refusalOf(request.headers);
    if (refusal !== null) return void answer.writeHead(refusal).end();
    const url = new URL(request.url ?? "");
    const { "proxy-authorization": _secret, ...sent } = request.headers;
    const path = url.pathname + url.search;
    const onward = { host: "127.0.0.1", port: url.port, path, method: request.method, headers: sent };
    const going = forward(onward, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.rawHeaders);
      pipeline(got, answer, () => {});
    });
    going.on("error", () => answer.destroy());
    pipeline(request, going, () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `${tls ? "https" : "http"}://localhost:${port}`, port, asked, headers, seen: () => seen };
}
