import { Agent, request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { once } from "node:events";

/** What a client got of an answer, and whether the answer came to its proper end. */
export interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
  /** False where the connection broke before the body was whole. */
  readonly whole: boolean;
}

export interface Asking {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly method?: string;
}

/** Connections that are kept between the many requests of one test. */
export function keptConnections(): Agent {
  return new Agent({ keepAlive: true, maxSockets: 64 });
}

/** Sends one request and takes whatever comes. Rejects where no answer began. */
export function ask(port: number, asking: Asking, agent?: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { path, headers = {}, body = "", method = "POST" } = asking;
    const request = httpRequest(
      {
        host: "127.0.0.1",
        port,
        path,
        method,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        ...(agent === undefined ? {} : { agent }),
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("error", () => {});
        answer.on("close", () => {
          const whole = Buffer.concat(chunks);
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: whole,
            text: whole.toString("utf8"),
            whole: answer.complete,
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** A request as bytes, for who sends it piece by piece. */
export function requestBytes({ path, headers = {}, body = "", method = "POST" }: Asking): Buffer {
  const all = { host: "127.0.0.1", ...headers, "content-length": String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([
    Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"),
    Buffer.from(body),
  ]);
}

/** A connection to the gateway that has nothing sent yet; its errors are nobody's. */
export async function connected(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Resolves with all that comes until `done` has enough of it, or the connection ends. */
export function received(socket: Socket, done: (text: string) => boolean = () => false): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (done(text)) end();
    };
    const end = (): void => {
      socket.off("data", take);
      socket.off("close", end);
      resolve(text);
    };
    socket.on("data", take);
    socket.on("close", end);
    if (socket.closed) end();
  });
}
