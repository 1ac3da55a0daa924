import type { KeyedService } from "../exchange/keyed-service.ts";
import type { ToolConfig } from "./config.ts";

/** The rows of a table whose host is that of a URL, in their order. */
export function servicesAt(services: readonly KeyedService[], url: string): readonly KeyedService[] {
  // A name may end in the dot of the root (RFC 1034, 3.1), and is the same name.
  const host = new URL(url).hostname.replace(/\.$/, "");
  return services.filter(({ hosts }) => hosts.some((pattern) => fitsHost(pattern, host)));
}

/** The rows that may key calls of a tool: none where its own settings take their place. */
export function servicesOf(tool: ToolConfig, services: readonly KeyedService[]): readonly KeyedService[] {
  if (tool.idempotencyHeader !== undefined || tool.keyed === false) return [];
  return servicesAt(services, tool.url);
}

/** `*` stands for one label, and at the beginning for one or more. */
function fitsHost(pattern: string, host: string): boolean {
  const asked = pattern.split(".");
  const labels = host.split(".");
  const more = labels.length - asked.length;
  if (more < 0 || (more > 0 && asked[0] !== "*")) return false;
  return asked.every((label, i) => label === "*" || label === labels[i + more]);
}
