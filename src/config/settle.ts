import type {
  Config,
  EncryptionConfig,
  LedgerConfig,
  PostConfig,
  ToolConfig,
  UpstreamConfig,
} from "./config.ts";
import type { ToolOperations } from "./tool-arguments.ts";

type Vendor = keyof Config["defaults"];

/** A tree without faults, all defaults filled in, as the YAML has it: options stand beside the guard. */
type Settled = Omit<Config, "posts" | "ledger" | "defaults" | "keyedServices"> & {
  readonly posts: readonly Readonly<Record<string, unknown>>[];
  readonly ledger: Readonly<Record<string, unknown>>;
  readonly defaults: { readonly [vendor in Vendor]?: string | null };
};

/** The configuration of a tree that the schema and the relations found no fault in, but for its table. */
export function settle(
  tree: unknown,
  operations: ReadonlyMap<string, ToolOperations> = new Map(),
): Omit<Config, "keyedServices"> {
  const settled = tree as Settled;
  return {
    ...settled,
    upstreams: mapValues(settled.upstreams, withPlainUrl<UpstreamConfig>),
    tools: withOperations(mapValues(settled.tools, withPlainUrl<ToolConfig>), operations),
    defaults: {
      openai: defaultOf(settled, "openai"),
      anthropic: defaultOf(settled, "anthropic"),
      gemini: defaultOf(settled, "gemini"),
    },
    posts: settled.posts.map(toPost),
    ledger: toLedger(settled.ledger),
  };
}

/** What was read for a tool stands beside what it was read from. */
function withOperations(
  tools: Readonly<Record<string, ToolConfig>>,
  operations: ReadonlyMap<string, ToolOperations>,
): Readonly<Record<string, ToolConfig>> {
  return Object.fromEntries(
    Object.entries(tools).map(([name, tool]) => {
      const read = operations.get(name);
      if (read === undefined || tool.arguments === undefined) return [name, tool];
      return [name, { ...tool, arguments: { ...tool.arguments, read } }];
    }),
  );
}

/** Separates what every post has from the options of its guard. */
export function toPost(written: Readonly<Record<string, unknown>>): PostConfig {
  const { guard, mode, onError, planes, ...options } = written;
  return { guard, mode, onError, planes, options } as PostConfig;
}

function toLedger({ kind, encryption, ...options }: Readonly<Record<string, unknown>>): LedgerConfig {
  const sealing = encryption === undefined ? {} : { encryption: encryption as EncryptionConfig };
  return { kind: String(kind), options, ...sealing };
}

/** Left out, an upstream of the vendor's name serves it, where there is one. */
function defaultOf({ defaults, upstreams }: Settled, vendor: Vendor): string | null {
  const chosen = defaults[vendor];
  if (chosen !== undefined) return chosen;
  return Object.hasOwn(upstreams, vendor) ? vendor : null;
}

function withPlainUrl<T extends { readonly url: string }>(target: T): T {
  return { ...target, url: target.url.replace(/\/+$/, "") };
}

function mapValues<T>(
  record: Readonly<Record<string, T>>,
  change: (value: T) => T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
