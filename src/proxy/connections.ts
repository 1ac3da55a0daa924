import { isIP } from "node:net";
import type { Readable } from "node:stream";
import { buildConnector, Pool, type Dispatcher } from "undici";
import { ClientPool } from "./client-pool.ts";
import { tunnelConnector } from "./proxy-tunnel.ts";
import type { ConnectionTimeouts, ProxyHop, Target } from "./settings.ts";

/** The parts of a request that depend on the way it takes. */
interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  readonly body: Uint8Array | string | Readable | null;
  readonly headersTimeout: number | null;
}

/** Connections to all upstreams: one pool for each origin and way to it, made when it is first used. */
export class Connections {
  readonly #pools = new Map<string, Pool | ClientPool>();
  readonly #timeouts: ConnectionTimeouts;
  readonly #headerBytesMax: number;

  constructor(timeouts: ConnectionTimeouts, headerBytesMax: number) {
    this.#timeouts = timeouts;
    this.#headerBytesMax = headerBytesMax;
  }

  dispatch(
    target: Target,
    { path, headers, ...request }: Outgoing,
    handler: Dispatcher.DispatchHandler,
  ): void {
    const { proxy, origin } = target;
    const pool = this.#pool(target);
    if (proxy !== undefined && isForwarded(target)) {
      pool.dispatch(
        { ...request, path: origin + path, headers: forwardedHeaders(origin, proxy, headers) },
        handler,
      );
    } else if (target.http2 === true) {
      pool.dispatch({ ...request, path, headers: lowerCased(headers) }, handler);
    } else pool.dispatch({ ...request, path, headers: headers as string[] }, handler);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  #pool(target: Target): Pool | ClientPool {
    const { proxy } = target;
    const isH2 = target.http2 === true;
    const key =
      proxy === undefined && !isH2
        ? target.origin
        : [target.origin, isH2 ? "h2" : "", proxy?.origin ?? "", proxy?.authorization ?? ""].join(" ");
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      const origin = proxy !== undefined && isForwarded(target) ? proxy.origin : target.origin;
      const options = {
        connect: this.#connector(target),
        allowH2: isH2,
        maxHeaderSize: this.#headerBytesMax,
        headersTimeout: this.#timeouts.headersMs,
        bodyTimeout: this.#timeouts.idleMs,
      };
      pool = isH2 ? new Pool(origin, { ...options, pipelining: 1 }) : new ClientPool(origin, options);
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #connector(target: Target): buildConnector.connector {
    const { proxy } = target;
    const timeout = this.#timeouts.connectMs;
    const allowH2 = target.http2 === true;
    const direct = buildConnector({ timeout, allowH2, preferH2: allowH2 });
    if (proxy === undefined) return direct;
    if (!isForwarded(target)) return tunnelConnector(proxy, direct, timeout);
    const { hostname } = new URL(proxy.origin);
    const plain = hostname.replace(/^\[|\]$/g, "");
    // The certificate to check is the proxy's, whatever host the request is for.
    const servername = isIP(plain) === 0 ? plain : undefined;
    return (options, callback) => direct({ ...options, servername } as buildConnector.Options, callback);
  }
}

/** A request without TLS is handed to the proxy itself (RFC 9112, 3.2.2): many open tunnels to 443 only. */
export function isForwarded({ origin, proxy }: Target): boolean {
  return proxy !== undefined && origin.startsWith("http:");
}

function forwardedHeaders(origin: string, proxy: ProxyHop, headers: readonly string[]): string[] {
  const own = ["host", new URL(origin).host];
  if (proxy.authorization !== null) own.push("proxy-authorization", proxy.authorization);
  return [...own, ...headers];
}

/**
 * Names as HTTP/2 has them (RFC 9113, 8.2). Two spellings of one name would be two fields of a kind that
 * may stand once, and undici ends the connection, with everyone's streams on it, when Node refuses them.
 */
function lowerCased(headers: readonly string[]): string[] {
  return headers.map((piece, index) => (index % 2 === 0 ? piece.toLowerCase() : piece));
}
