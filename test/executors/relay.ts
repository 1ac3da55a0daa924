import { createServer, connect, type AddressInfo, type Socket } from "node:net";

/** A stretch of network between an agent and its tool that breaks once. */
export interface Relay {
  readonly url: string;
  close(): Promise<void>;
}

/** How long after its first byte an answer is surely whole and handed over, ms. */
const wholeAfterMs = 300;
const lookEveryMs = 10;

/**
 * Passes bytes to `targetUrl`, and resets the first connection on which something is asked: once `isWorking`
 * says so, or, where that is null, when the answer has come all the way here. The agent sees none of it.
 */
export async function startRelay(targetUrl: string, isWorking: (() => boolean) | null): Promise<Relay> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let isBroken = false;
  const server = createServer((client) => {
    const onward = connect(Number(target.port), target.hostname);
    for (const socket of [client, onward]) {
      sockets.add(socket);
      // Each end hears by its close that the other one is gone.
      socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    }
    client.on("close", () => onward.destroy());
    onward.on("close", () => client.destroy());
    client.pipe(onward);
    if (isBroken) return void onward.pipe(client);
    isBroken = true;
    const reset = (): void => {
      client.resetAndDestroy();
    };
    if (isWorking === null) return void onward.once("data", () => setTimeout(reset, wholeAfterMs));
    const timer = setInterval(() => isWorking() && reset(), lookEveryMs);
    client.once("close", () => clearInterval(timer));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${target.pathname.replace(/\/$/, "")}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
