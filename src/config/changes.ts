import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config.ts";
import { isRecord } from "./defaults.ts";
import { type Path, touches, writePath } from "./path.ts";
import { ledgerSources, type Secrets } from "./secrets.ts";

/** What is bound when the gateway starts, and stays so until it is started again. */
const bound: readonly Path[] = [["listen"], ["admin"], ["ledger"], ["limits", "headerBytesMax"]];

export interface Changes {
  /** Paths that differ, as people write them. */
  readonly changed: readonly string[];
  /** Those of them that only a restart can change. */
  readonly needRestart: readonly string[];
}

/** What differs between two configurations and their secrets. No value of either is told. */
export function changesOf(
  before: { readonly config: Config; readonly secrets: Secrets },
  after: { readonly config: Config; readonly secrets: Secrets },
): Changes {
  const { keyedServices: _before, ...configBefore } = before.config;
  const { keyedServices: _after, ...configAfter } = after.config;
  const paths = [...differing(configBefore, configAfter, [])];
  const ledgerSecrets = changedLedgerSecrets(before.secrets, after.secrets);
  const secrets = [
    ...changedSecrets(before.secrets, after.secrets, "upstreams"),
    ...changedSecrets(before.secrets, after.secrets, "tools"),
    ...ledgerSecrets,
    ...changedKeys(before.secrets, after.secrets),
  ];
  const written = paths.map(writePath);
  // A secret that another place holds now has changed already by that.
  const more = secrets.filter((path) => !written.some((one) => one.startsWith(path) || path.startsWith(one)));
  return {
    changed: [
      ...written,
      ...more.map((path) => `${path} (the secret)`),
      ...(hasOtherRows(before.config, after.config) ? ["effects.services (the table)"] : []),
    ],
    needRestart: [
      ...paths.filter((path) => bound.some((one) => touches(one, path))).map(writePath),
      ...(written.some((one) => one.startsWith(ledgerPath)) ? [] : changedLedgerKeys(before, after)),
      ...ledgerSecrets.map((path) => `${path} (the secret)`),
      ...(before.secrets.admin === after.secrets.admin ? [] : ["admin.token (the secret)"]),
    ],
  };
}

const ledgerPath = "ledger.encryption";

/** The ledger was opened with the keys as they were. */
function changedLedgerKeys(
  before: { readonly secrets: Secrets },
  after: { readonly secrets: Secrets },
): readonly string[] {
  const isSame = isDeepStrictEqual(before.secrets.ledgerKeys, after.secrets.ledgerKeys);
  return isSame ? [] : [`${ledgerPath} (the secret)`];
}

/** True where the same file holds another table now. */
function hasOtherRows(before: Config, after: Config): boolean {
  const { services } = after.effects;
  if (services === null || services !== before.effects.services) return false;
  return !isDeepStrictEqual(before.keyedServices, after.keyedServices);
}

function* differing(before: unknown, after: unknown, path: Path): Generator<Path> {
  if (isDeepStrictEqual(before, after)) return;
  if (isRecord(before) && isRecord(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      yield* differing(before[key], after[key], [...path, key]);
    }
    return;
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    for (const [index, item] of before.entries()) yield* differing(item, after[index], [...path, index]);
    return;
  }
  yield path;
}

function changedSecrets(before: Secrets, after: Secrets, section: "upstreams" | "tools"): readonly string[] {
  return [...after[section]]
    .filter(([name, secret]) => before[section].has(name) && before[section].get(name) !== secret)
    .map(([name]) => writePath([section, name, "apiKey"]));
}

function changedLedgerSecrets(before: Secrets, after: Secrets): readonly string[] {
  return [...after.ledger]
    .filter(([name, secret]) => before.ledger.has(name) && before.ledger.get(name) !== secret)
    .map(([name]) => writePath(["ledger", name]));
}

function changedKeys(before: Secrets, after: Secrets): readonly string[] {
  const places = new Set([...before.keys, ...after.keys].map(({ place }) => place));
  return [...places].filter((place) => !isDeepStrictEqual(hashesAt(before, place), hashesAt(after, place)));
}

function hashesAt({ keys }: Secrets, place: string): readonly string[] {
  return keys.filter((key) => key.place === place).map(({ hash }) => hash);
}

/** The files that a configuration has secrets in. */
export function secretFiles({ upstreams, tools, keys, ledger, admin }: Config): readonly string[] {
  const { encryption } = ledger;
  const sources = [
    ...Object.values(upstreams).map(({ apiKey }) => apiKey),
    ...Object.values(tools).map(({ apiKey }) => apiKey),
    ...Object.values(keys).flatMap((tenant) => tenant.keys),
    admin.token,
    ...(encryption === undefined ? [] : [encryption.key, ...encryption.previous]),
    ...ledgerSources(ledger).map(([, source]) => source),
  ];
  return [...new Set(sources.flatMap((source) => source?.file ?? []))];
}
