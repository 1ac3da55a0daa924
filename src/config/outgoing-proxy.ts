import { BlockList, isIP, isIPv4 } from "node:net";
import { isLoopback } from "./address.ts";
import type { Config, ProxyChoice } from "./config.ts";
import type { Finding } from "./schema-faults.ts";
import type { Environment } from "./secrets.ts";

/** A proxy that stands between the gateway and an upstream. */
export interface OutgoingProxy {
  /** `http://host:port`, or `https://…`: without its credentials, as it may be shown. */
  readonly origin: string;
  /** What `Proxy-Authorization` says, a secret; null where the proxy asks for nothing. */
  readonly authorization: string | null;
  /** The environment variable that names it. */
  readonly variable: string;
}

/** Proxies by the place of what they stand before: `upstreams.openai`, `tools.mail`. */
export type OutgoingProxies = ReadonlyMap<string, OutgoingProxy>;

/**
 * The proxy of each upstream and tool, as the environment has it: `https_proxy` or `HTTPS_PROXY` for
 * https, `http_proxy` or `HTTP_PROXY` for http, but for what `no_proxy` or `NO_PROXY` names
 * (https://everything.curl.dev/usingcurl/proxies/env.html). Loopback is reached directly, unless `proxy:
 * always` says otherwise. A variable that names no proxy is a finding.
 */
export function outgoingProxies(
  config: Pick<Config, "upstreams" | "tools">,
  environment: Environment,
): { readonly proxies: OutgoingProxies; readonly findings: readonly Finding[] } {
  const proxies = new Map<string, OutgoingProxy>();
  const findings: Finding[] = [];
  for (const section of ["upstreams", "tools"] as const) {
    for (const [name, { url, proxy = "auto" }] of Object.entries(config[section])) {
      const found = proxyOf(new URL(url), proxy, environment);
      if (found === null) continue;
      if ("origin" in found) proxies.set(`${section}.${name}`, found);
      else findings.push({ path: [section, name, "proxy"], part: "value", ...found });
    }
  }
  return { proxies, findings };
}

/** The way through a proxy, as people are told of it; empty where there is none. */
export function viaProxy(proxy: OutgoingProxy | undefined): string {
  return proxy === undefined ? "" : `, through the proxy ${proxy.origin} (${proxy.variable})`;
}

/** What a finding says, without its place. The value of a variable is not shown: it may hold a password. */
type Problem = Pick<Finding, "expected" | "found">;

function proxyOf(url: URL, choice: ProxyChoice, environment: Environment): OutgoingProxy | Problem | null {
  if (choice === "never") return null;
  if (choice === "auto" && (isLoopback(url.hostname) || isExcepted(url, environment))) return null;
  const scheme = url.protocol.slice(0, -1);
  const variable = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`].find(
    (name) => (environment[name] ?? "").trim() !== "",
  );
  if (variable !== undefined) return readProxy(variable, (environment[variable] ?? "").trim());
  if (choice === "auto") return null;
  return {
    expected: `the variable ${scheme}_proxy or ${scheme.toUpperCase()}_PROXY, because proxy is always`,
    found: "neither",
  };
}

function readProxy(variable: string, written: string): OutgoingProxy | Problem {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  const user = url === null ? null : decoded(url.username);
  const password = url === null ? null : decoded(url.password);
  if (url === null || user === null || password === null || !/^https?:$/.test(url.protocol)) {
    return { expected: `an http:// or https:// URL in the variable ${variable}`, found: "something else" };
  }
  const isOpen = user === "" && password === "";
  const basic = Buffer.from(`${user}:${password}`).toString("base64");
  return { origin: url.origin, authorization: isOpen ? null : `Basic ${basic}`, variable };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not percent-encoded UTF-8: no proxy can be told who we are.
    return null;
  }
}

/** Whether `no_proxy` names the host of a URL. */
function isExcepted(url: URL, environment: Environment): boolean {
  const list = environment["no_proxy"] ?? environment["NO_PROXY"] ?? "";
  const host = plainHost(url.hostname);
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list.split(/[\s,]+/).some((entry) => entry !== "" && matches(entry, host, port));
}

function plainHost(host: string): string {
  return host
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/(.)\.$/, "$1")
    .toLowerCase();
}

/** An entry is `*`, a domain with all below it, an address or a range of them, with or without a port. */
function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes("/")) return isInRange(entry, host);
  const { name, onlyPort } = entryOf(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  if (name === "*") return true;
  const domain = plainHost(name.replace(/^\*?\./, ""));
  if (domain === "") return false;
  // `*.example.com` is what stands below it, and not the domain itself.
  return (host === domain && !name.startsWith("*.")) || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}

function entryOf(entry: string): { readonly name: string; readonly onlyPort: string | undefined } {
  const written = /^\[(.+)\](?::(\d+))?$/.exec(entry) ?? /^([^:]+):(\d+)$/.exec(entry);
  return { name: written?.[1] ?? entry, onlyPort: written?.[2] };
}

function isInRange(entry: string, host: string): boolean {
  const [network = "", bits = ""] = entry.split("/");
  const family = isIPv4(network) ? "ipv4" : "ipv6";
  const bitsMax = family === "ipv4" ? 32 : 128;
  if (isIP(host) === 0 || isIP(network) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > bitsMax)
    return false;
  const range = new BlockList();
  range.addSubnet(network, Number(bits), family);
  return range.check(host, isIPv4(host) ? "ipv4" : "ipv6");
}
