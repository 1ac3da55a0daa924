import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { asSuperuser } from "./server.ts";
import { Messages, sqlOf } from "./wire.ts";

/**
 * How a connection breaks at a statement.
 * - `before`: the server never sees it
 * - `after`: the server has done it, and its answer is lost
 * - `meanwhile`: the client learns at once that the connection is gone, and the server does it later
 * - `terminate`: the backend is terminated (`pg_terminate_backend`), and the statement sent to it
 */
export type Break = "before" | "after" | "meanwhile" | "terminate";

/** How much later, ms, where the server does it later. */
const laterMs = 150;

export interface BreakingProxy {
  readonly port: number;
  /** Statements that came by since `plan`, the broken one too. */
  readonly seen: readonly string[];
  /**
   * Breaks the `nth` (from 1) statement from now on that the pattern fits, once; `andShut`: from then on
   * no connection is had either, and the others that there are end.
   */
  plan(how: Break, nth: number, pattern?: RegExp, andShut?: boolean): void;
  /** While true, no connection is had. */
  isShut: boolean;
  /** True once the planned break has happened. */
  readonly isDone: boolean;
  /** Ends every connection that there is. */
  cut(): void;
  close(): Promise<void>;
}

/** Passes a server's bytes on, one connection for each, and breaks one of them at the planned statement. */
export async function startBreakingProxy(server: number): Promise<BreakingProxy> {
  let planned: {
    readonly how: Break;
    left: number;
    readonly pattern: RegExp;
    readonly andShut: boolean;
  } | null = null;
  let isShut = false;
  let seen: string[] = [];
  const sockets = new Set<Socket>();

  function nextBreak(sql: string): Break | null {
    seen.push(sql);
    if (planned === null || !planned.pattern.test(sql)) return null;
    planned.left -= 1;
    if (planned.left > 0) return null;
    const { how } = planned;
    isShut = planned.andShut;
    planned = null;
    return how;
  }

  async function serve(client: Socket, upstream: Socket): Promise<void> {
    const fromClient = new Messages("client");
    const fromServer = new Messages("server");
    let pid = 0;
    let isMute = false;
    upstream.on("data", (bytes: Buffer) => {
      for (const { type, body } of fromServer.take(bytes)) if (type === "K") pid = body.readInt32BE(0);
      if (isMute) client.destroy();
      else client.write(bytes);
    });
    for await (const bytes of client as AsyncIterable<Buffer>) {
      const messages = fromClient.take(bytes);
      const sql = messages.map(sqlOf).find((one) => one !== null);
      const how = sql === undefined ? null : nextBreak(sql ?? "");
      if (how !== null && isShut) {
        for (const socket of sockets) if (socket !== client && socket !== upstream) socket.destroy();
      }
      if (how === "before") {
        upstream.destroy();
        client.destroy();
        return;
      }
      if (how === "after") isMute = true;
      if (how === "terminate") await asSuperuser(server, `select pg_terminate_backend(${pid})`);
      if (how === "meanwhile") {
        client.destroy();
        await new Promise((resolve) => setTimeout(resolve, laterMs));
        upstream.end(bytes);
        return;
      }
      upstream.write(bytes);
    }
    upstream.end();
  }

  const door = createServer((client) => {
    if (isShut) {
      client.destroy();
      return;
    }
    const upstream = connect(server, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
    }
    upstream.on("close", () => client.destroy());
    serve(client, upstream).catch(() => {
      client.destroy();
      upstream.destroy();
    });
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  return {
    port: (door.address() as AddressInfo).port,
    get seen() {
      return seen;
    },
    plan: (how, nth, pattern = /./, andShut = false) => {
      seen = [];
      planned = { how, left: nth, pattern, andShut };
    },
    get isShut() {
      return isShut;
    },
    set isShut(shut: boolean) {
      isShut = shut;
    },
    get isDone() {
      return planned === null;
    },
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      door.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
