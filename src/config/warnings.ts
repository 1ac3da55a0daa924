import { isLoopback } from "./address.ts";
import type { Config, VirtualKeyConfig } from "./config.ts";
import { addressUrl } from "./explain.ts";

/** What is allowed and still should be known: one sentence each. `nowMs` is the wall clock. */
export function warningsOf(config: Config, nowMs: number): readonly string[] {
  const { effects, posts } = config;
  const warnings = [...reachWarnings(config), ...keyWarnings(config, nowMs)];
  for (const [section, targets] of [
    ["upstreams", config.upstreams],
    ["tools", config.tools],
  ] as const) {
    for (const [name, { url }] of Object.entries(targets)) {
      const { protocol, hostname, host } = new URL(url);
      if (protocol === "https:" || isLoopback(hostname)) continue;
      warnings.push(`${section}.${name} sends everything, credentials too, unencrypted to ${host}.`);
    }
  }
  if (posts.every(({ mode }) => mode === "off")) warnings.push("No guard is on duty: nothing is judged.");
  if (effects.mode !== "enforce" && Object.keys(config.tools).length > 0) {
    warnings.push(`effects.mode is ${effects.mode}: a retried tool call runs twice.`);
  }
  return [...warnings, ...decisionWarnings(config)];
}

function decisionWarnings({ tools, turns }: Config): readonly string[] {
  if (turns.mode === "enforce") return [];
  return Object.entries(tools)
    .filter(([, { decisions }]) => decisions !== undefined)
    .map(
      ([name]) => `tools.${name}.decisions has no effect: no turn is recorded (turns.mode: ${turns.mode}).`,
    );
}

function reachWarnings({ listen, tenancy, upstreams, tools }: Config): readonly string[] {
  if (isLoopback(listen.host)) return [];
  const url = addressUrl(listen);
  if (tenancy === "keys") {
    return [`Keys come to ${url} unencrypted, unless something before it ends TLS (RFC 8446).`];
  }
  const spent = [...Object.values(upstreams), ...Object.values(tools)].some(
    ({ apiKey }) => apiKey !== undefined,
  )
    ? ", with the credentials of this gateway"
    : "";
  return [
    `Everyone who can reach ${url} may use it and the tools behind it${spent} (listen.trustedNetwork).`,
  ];
}

/** Tenants that no key lets in any more. */
function keyWarnings({ keys }: Config, nowMs: number): readonly string[] {
  return Object.entries(keys)
    .filter(([, tenant]) => tenant.keys.every((key) => isOver(key, nowMs)))
    .map(([tenant]) => `Every key of the tenant ${tenant} is expired or disabled.`);
}

function isOver({ disabled, expires }: VirtualKeyConfig, nowMs: number): boolean {
  return disabled || (expires !== undefined && Date.parse(expires) <= nowMs);
}
