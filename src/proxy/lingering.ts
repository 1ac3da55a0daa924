import type { IncomingMessage } from "node:http";

/** How long nothing may come, and how long the whole may take, ms. */
interface Patience {
  readonly idleMs: number;
  readonly inAllMs: number;
}

const usualPatience: Patience = { idleMs: 1_000, inAllMs: 10_000 };

/**
 * Reads away what is left of a request that was answered before it was whole, then closes its connection.
 * Closing it at once would reset it, and a client that is still sending would lose the answer with it
 * (RFC 9112, 9.6).
 */
export function readAway(incoming: IncomingMessage, patience: Patience = usualPatience): void {
  if (incoming.complete || incoming.destroyed) return;
  const close = (): void => void incoming.socket.destroy();
  const inAll = setTimeout(close, patience.inAllMs).unref();
  const idle = setTimeout(close, patience.idleMs).unref();
  const ended = (): void => {
    clearTimeout(inAll);
    clearTimeout(idle);
  };
  incoming.on("data", () => void idle.refresh());
  incoming.once("end", ended);
  incoming.once("close", ended);
}
