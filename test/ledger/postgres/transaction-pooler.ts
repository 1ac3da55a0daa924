import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Client } from "pg";
import { urlOf } from "./server.ts";
import { type Message, message, Messages } from "./wire.ts";

/** Startup parameters that PgBouncer takes without being told to: https://www.pgbouncer.org/config.html */
const takenParameters = new Set(["user", "database", "client_encoding", "application_name"]);

export interface TransactionPooler {
  readonly port: number;
  /** How often a client got another server connection than for its transaction before. */
  readonly changes: number;
  close(): Promise<void>;
}

interface Backend {
  readonly stream: Socket;
  readonly client: Client;
}

/**
 * A pooler in transaction mode: a client has a server connection from its first message until the server
 * says that it is in no transaction any more. The next time it gets the one that was idle longest, so
 * that what a session keeps is never found again.
 */
export async function startTransactionPooler(server: number, size = 4): Promise<TransactionPooler> {
  const idle: Backend[] = [];
  const waiting: ((backend: Backend) => void)[] = [];
  const all = new Set<Backend>();
  const clients = new Set<Socket>();
  let changes = 0;

  async function connect(): Promise<Backend> {
    const client = new Client({ connectionString: urlOf(server) });
    client.on("error", () => {});
    await client.connect();
    const { stream } = (client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
    // From here on its bytes are ours.
    stream.removeAllListeners("data");
    const backend = { stream, client };
    all.add(backend);
    return backend;
  }
  function give(backend: Backend): void {
    const next = waiting.shift();
    if (next === undefined) idle.push(backend);
    else next(backend);
  }
  const take = (): Promise<Backend> => {
    const free = idle.shift();
    return free === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(free);
  };

  function welcome(client: Socket, startup: Message): boolean {
    const names = startup.body
      .subarray(4)
      .toString("utf8")
      .split("\0")
      .filter((_, index) => index % 2 === 0);
    const unknown = names.find((name) => name !== "" && !takenParameters.has(name));
    if (unknown !== undefined) {
      const text = `SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: ${unknown}\0\0`;
      client.end(message("E", Buffer.from(text)));
      return false;
    }
    const int = (value: number): Buffer => Buffer.from([0, 0, 0, value]);
    client.write(
      Buffer.concat([
        message("R", int(0)),
        message("S", Buffer.from("server_version\x0018.0\0")),
        message("K", Buffer.concat([int(1), int(1)])),
        message("Z", Buffer.from("I")),
      ]),
    );
    return true;
  }

  async function serve(client: Socket): Promise<void> {
    const fromClient = new Messages("client");
    let mine: Backend | null = null;
    let last: Backend | null = null;
    for await (const bytes of client as AsyncIterable<Buffer>) {
      for (const sent of fromClient.take(bytes)) {
        if (sent.type === "X") continue;
        if (sent.type === "startup") {
          if (!welcome(client, sent)) return;
          continue;
        }
        if (mine === null) {
          const backend: Backend = await take();
          if (last !== null && last !== backend) changes += 1;
          mine = last = backend;
          const fromServer = new Messages("server");
          const answer = (part: Buffer): void => {
            const said = fromServer.take(part);
            client.write(part);
            if (said.at(-1)?.type !== "Z" || said.at(-1)?.body.toString() !== "I") return;
            backend.stream.removeListener("data", answer);
            mine = null;
            give(backend);
          };
          backend.stream.on("data", answer);
        }
        mine.stream.write(sent.bytes);
      }
    }
    // A client that goes away inside a transaction takes its server connection with it, as in PgBouncer.
    if (mine !== null) {
      all.delete(mine);
      mine.stream.destroy();
      give(await connect());
    }
  }

  for (let each = 0; each < size; each += 1) idle.push(await connect());
  const door = createServer((client) => {
    clients.add(client);
    client.on("error", () => {});
    serve(client).catch(() => client.destroy());
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  return {
    port: (door.address() as AddressInfo).port,
    get changes() {
      return changes;
    },
    close: async () => {
      door.close();
      for (const client of clients) client.destroy();
      for (const { stream } of all) stream.destroy();
    },
  };
}
