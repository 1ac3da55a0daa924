import { once } from "node:events";
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { serverIdentity } from "./tls.ts";

export interface Http2Server {
  readonly origin: string;
  readonly sessions: readonly ServerHttp2Session[];
  /** Each stream that was opened, in order. */
  readonly requests: readonly IncomingHttpHeaders[];
}

/** A server that speaks HTTP/2 over TLS, and nothing else. Ends with the test. */
export async function startHttp2(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, count: number) => void,
  settings: { readonly maxConcurrentStreams?: number } = {},
): Promise<Http2Server> {
  const server = createSecureServer({ ...serverIdentity, settings });
  const sessions: ServerHttp2Session[] = [];
  const requests: IncomingHttpHeaders[] = [];
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
  });
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    stream.on("error", () => {});
    requests.push(headers);
    onStream(stream, headers, requests.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `https://localhost:${port}`, sessions, requests };
}
