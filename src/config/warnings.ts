import { isLoopback } from "./address.ts";
import type { Config } from "./config.ts";
import { addressUrl } from "./explain.ts";

/** What is allowed and still should be known: one sentence each. */
export function warningsOf(config: Config): readonly string[] {
  const warnings: string[] = [];
  const { listen, effects, posts } = config;
  if (!isLoopback(listen.host)) {
    warnings.push(
      `Everyone who can reach ${addressUrl(listen)} may use it and the tools behind it ` +
        "(listen.trustedNetwork).",
    );
  }
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
  return warnings;
}
