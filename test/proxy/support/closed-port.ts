import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

/**
 * A port on which nobody listens: the near end of a connection that stays open, because the system gives
 * a port that was merely closed again to the next server, of another test perhaps.
 */
export async function closedPort(): Promise<number> {
  const server = createServer((socket) => socket.unref()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const near = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await once(near, "connect");
  near.unref();
  server.unref();
  const { localPort } = near;
  if (localPort === undefined) throw new Error("the connection closed at once");
  return localPort;
}
