import { request as requestPlain, type ClientRequest, type IncomingMessage } from "node:http";
import { request as requestTls } from "node:https";
import { isIPv6 } from "node:net";
import type { Duplex } from "node:stream";
import { errors, type buildConnector } from "undici";
import type { ProxyHop } from "./settings.ts";

/** A proxy that does not let us through. Not one byte of a request was sent. */
export class ProxyRefusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the proxy answered ${status}`);
    this.name = "ProxyRefusal";
    this.status = status;
  }
}

/**
 * Connects through a proxy: asks it with CONNECT (RFC 9110, 9.3.6) for a tunnel, and begins TLS with the
 * upstream inside it, so that the proxy sees neither the request nor the credentials in it.
 */
export function tunnelConnector(
  proxy: ProxyHop,
  connect: buildConnector.connector,
  timeoutMs: number,
): buildConnector.connector {
  return (options, callback) => {
    const host = isIPv6(options.hostname) ? `[${options.hostname}]` : options.hostname;
    const authority = `${host}:${options.port === "" ? "443" : options.port}`;
    const request = connectRequest(proxy, authority);
    const timer = setTimeout(() => request.destroy(new errors.ConnectTimeoutError()), timeoutMs);
    request.once("connect", (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      clearTimeout(timer);
      const status = answer.statusCode ?? 0;
      if (status < 200 || status >= 300) {
        socket.on("error", () => {}).destroy();
        return callback(new ProxyRefusal(status), null);
      }
      // In TLS the client speaks first; what stands here already came from something else.
      if (head.length > 0) socket.unshift(head);
      // undici's declaration wants a socket; TLS runs over anything that is read and written.
      connect({ ...options, httpSocket: socket as never }, callback);
    });
    request.once("error", (cause) => {
      clearTimeout(timer);
      callback(cause, null);
    });
    request.end();
  };
}

function connectRequest(proxy: ProxyHop, authority: string): ClientRequest {
  const url = new URL(proxy.origin);
  const request = url.protocol === "https:" ? requestTls : requestPlain;
  return request(url, {
    method: "CONNECT",
    path: authority,
    agent: false,
    headers: {
      host: authority,
      ...(proxy.authorization === null ? {} : { "proxy-authorization": proxy.authorization }),
    },
  });
}
