import type { Config } from "../config/config.ts";
import type { Duties } from "../config/duties.ts";
import { addressUrl } from "../config/explain.ts";
import { viaProxy, type OutgoingProxies } from "../config/outgoing-proxy.ts";
import { warningsOf } from "../config/warnings.ts";
import { momentNames } from "../exchange/moments.ts";

export interface Started {
  readonly version: string;
  /** Where it really listens: the port is the one that was free where 0 was asked for. */
  readonly address: { readonly host: string; readonly port: number };
  /** Where the operator's port is open, or null. */
  readonly adminUrl: string | null;
  readonly config: Config;
  readonly proxies: OutgoingProxies;
  readonly duties: Duties;
  /** Null where the defaults alone hold. */
  readonly file: string | null;
  /** The file that is looked at for changes, or null. */
  readonly watch: string | null;
  /** Wall clock, ms since the epoch. */
  readonly nowMs: number;
}

/** What is on, in a few plain lines: the first thing that an operator sees. */
export function startBanner(started: Started): string {
  const { version, address, adminUrl, config, proxies, duties, file, watch, nowMs } = started;
  const rows: (readonly [string, string])[] = [
    ["configuration", `${file ?? "defaults (no file)"}${watch === null ? "" : `, ${watch} is watched`}`],
    ...(adminUrl === null ? [] : [["operator", adminUrl] as const]),
    ...(config.tenancy === "single" ? [] : [["tenants", Object.keys(config.keys).join(", ")] as const]),
    ...targetRows(
      "upstream",
      config.upstreams,
      (name) => servedPaths(config, name) + viaProxy(proxies.get(`upstreams.${name}`)),
    ),
    ...targetRows("tool", config.tools, (name) => viaProxy(proxies.get(`tools.${name}`))),
    ["ledger", ledgerName(config)],
    ["effects", config.effects.mode],
    ...(config.turns.mode === "off" ? [] : [["turns", config.turns.mode] as const]),
    ...momentNames.map((moment): readonly [string, string] => [moment, dutyNames(duties, moment)]),
  ];
  return [
    `Longstop ${version} listens on ${addressUrl(address)}`,
    ...rows.map(([title, text]) => `  ${title.padEnd(13)}  ${text}`),
    ...warningsOf({ ...config, listen: { ...config.listen, ...address } }, nowMs).map(
      (warning) => `  warning: ${warning}`,
    ),
    "",
  ].join("\n");
}

function targetRows(
  title: string,
  targets: Readonly<Record<string, { readonly url: string }>>,
  note: (name: string) => string,
): readonly (readonly [string, string])[] {
  return Object.entries(targets).map(([name, { url }]) => [title, `${name} ${url}${note(name)}`]);
}

function servedPaths({ defaults }: Config, name: string): string {
  const paths: string[] = [];
  if (defaults.openai === name) paths.push("/v1/*");
  if (defaults.anthropic === name) paths.push("/v1/messages");
  if (defaults.gemini === name) paths.push("/v1beta/*");
  return paths.length === 0 ? "" : ` (serves ${paths.join(" and ")})`;
}

function ledgerName({ ledger }: Config): string {
  const { file } = ledger.options;
  return typeof file === "string" ? `${ledger.kind} ${file}` : ledger.kind;
}

function dutyNames(duties: Duties, moment: keyof Duties): string {
  const names = duties[moment].map(({ post }) => `${post.guard} (${post.mode})`);
  return names.length === 0 ? "nobody: bytes pass" : names.join(", then ");
}
