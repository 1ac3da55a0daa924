import type { IncomingMessage } from "node:http";

/** How long nothing of a request may come before it is given up, and how long it is read at most, in ms. */
const idleMs = 250;
const longestMs = 5_000;

/**
 * Reads what is left of a request that was refused, and throws it away. A connection that is closed while
 * its client still sends is reset, and a reset takes the answer with it that the client has not read yet
 * (RFC 9112, 9.6). Resolves once the request is whole, its client is gone, or nothing comes any more.
 */
export async function readAway(incoming: IncomingMessage): Promise<void> {
  if (incoming.complete || incoming.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const idle = setTimeout(resolve, idleMs);
  const longest = setTimeout(resolve, longestMs);
  const more = (): void => void idle.refresh();
  incoming.on("data", more).once("end", resolve).once("close", resolve).resume();
  await promise;
  clearTimeout(idle);
  clearTimeout(longest);
  incoming.off("data", more).off("end", resolve).off("close", resolve);
}
