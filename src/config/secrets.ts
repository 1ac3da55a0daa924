import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { isVirtualKey } from "../exchange/virtual-key.ts";
import type { Config, SecretSource, VirtualKeyConfig } from "./config.ts";
import { isRecord } from "./defaults.ts";
import { outgoingProxies, type OutgoingProxies } from "./outgoing-proxy.ts";
import { type Path, writePath } from "./path.ts";
import type { Finding } from "./schema-faults.ts";

/** A virtual key as it is known here: by its hash alone. */
export interface KnownKey {
  readonly tenant: string;
  /** SHA-256 of the key, hex. */
  readonly hash: string;
  /** Wall clock, ms since the epoch, from which on it is refused; null: never. */
  readonly expiresMs: number | null;
  readonly disabled: boolean;
  /** Where the configuration has it: `keys.acme.keys[0]`. */
  readonly place: string;
}

/** What the configuration only points at. It never stands in the configuration, the log or the ledger. */
export interface Secrets {
  /** Credentials by the name of the upstream, or of the tool, that they are for. */
  readonly upstreams: ReadonlyMap<string, string>;
  readonly tools: ReadonlyMap<string, string>;
  /** What the ledger's options point at, by the name of the option: a connection string. */
  readonly ledger: ReadonlyMap<string, string>;
  readonly keys: readonly KnownKey[];
  /** What requests to the operator's port must carry; null: nothing. */
  readonly admin: string | null;
  /** What bodies in the ledger are sealed with: new ones with the first. None where they are not. */
  readonly ledgerKeys: readonly Uint8Array[];
  /** The proxies that the environment names, with their passwords. */
  readonly proxies: OutgoingProxies;
}

export const noSecrets: Secrets = {
  upstreams: new Map(),
  tools: new Map(),
  ledger: new Map(),
  keys: [],
  admin: null,
  ledgerKeys: [],
  proxies: new Map(),
};

/** Environment variables by name: `process.env`. */
export type Environment = Readonly<NodeJS.Dict<string>>;

/** Largest file of secrets, in bytes. */
const fileBytesMax = 64 * 1024;

/** Reads the secrets that the configuration points at. Each one that is missing is a finding. */
export async function readSecrets(
  config: Config,
  environment: Environment,
  which: "all" | "ledger" = "all",
): Promise<{ readonly secrets: Secrets; readonly findings: readonly Finding[] }> {
  if (which === "ledger") {
    const findings: Finding[] = [];
    const ledger = await ledgerSecrets(config, environment, findings);
    return { secrets: { ...noSecrets, ledger }, findings };
  }
  const outgoing = outgoingProxies(config, environment);
  const findings: Finding[] = [...outgoing.findings];
  const ledger = await readLedgerKeys(config, environment);
  findings.push(...ledger.findings);
  const secrets = {
    ledgerKeys: ledger.keys,
    upstreams: await credentials(config, "upstreams", environment, findings),
    tools: await credentials(config, "tools", environment, findings),
    ledger: await ledgerSecrets(config, environment, findings),
    keys: await virtualKeys(config, environment, findings),
    admin: await adminToken(config, environment, findings),
    proxies: outgoing.proxies,
  };
  findings.push(...sharedKeyFindings(secrets.keys));
  return { secrets, findings };
}

async function credentials(
  config: Config,
  section: "upstreams" | "tools",
  environment: Environment,
  findings: Finding[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [name, { apiKey }] of Object.entries(config[section])) {
    if (apiKey === undefined) continue;
    const path = [section, name, "apiKey"];
    const read = await readSource(apiKey, path, environment);
    if ("expected" in read) findings.push(read);
    // A header's value is visible ASCII (RFC 9110, 5.5); anything else would fail at every request.
    else if (/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/.test(read.text.trim())) found.set(name, read.text.trim());
    else {
      const expected = "one line of visible ASCII characters, as a header can carry them";
      findings.push({ ...read.at, part: "value", expected, found: read.said });
    }
  }
  return found;
}

/** Bytes of a key of the ledger: those of AES-256. */
const ledgerKeyBytes = 32;

/** Reads the keys of the ledger alone: who only opens that needs no other secret. */
export async function readLedgerKeys(
  { ledger: { encryption } }: Config,
  environment: Environment,
): Promise<{ readonly keys: readonly Uint8Array[]; readonly findings: readonly Finding[] }> {
  if (encryption === undefined) return { keys: [], findings: [] };
  const at = ["ledger", "encryption"];
  const sources: readonly (readonly [Path, SecretSource])[] = [
    [[...at, "key"], encryption.key],
    ...encryption.previous.map((source, index) => [[...at, "previous", index], source] as const),
  ];
  const keys: Uint8Array[] = [];
  const findings: Finding[] = [];
  for (const [path, source] of sources) {
    const read = await readSource(source, path, environment);
    const key = "expected" in read ? null : ledgerKeyOf(read.text.trim());
    if ("expected" in read) findings.push(read);
    else if (key !== null) keys.push(key);
    else {
      const expected = `${ledgerKeyBytes} bytes in base64 or hex, as openssl rand -base64 32 makes them`;
      findings.push({ ...read.at, part: "value", expected, found: `${read.said} with something else in it` });
    }
  }
  return { keys, findings };
}

/** Node leaves out what is no base64, so the form is asked for first (RFC 4648, 4, 5 and 8). */
function ledgerKeyOf(text: string): Uint8Array | null {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, "hex");
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return null;
  return Buffer.from(text, "base64");
}

/** The token of the operator's port, which nobody needs where that is not opened. */
async function adminToken(
  { admin: { token, port } }: Config,
  environment: Environment,
  findings: Finding[],
): Promise<string | null> {
  if (token === undefined || port === null) return null;
  const read = await readSource(token, ["admin", "token"], environment);
  if ("expected" in read) {
    findings.push(read);
    return null;
  }
  const text = read.text.trim();
  if (/^[\x21-\x7e]{16,}$/.test(text)) return text;
  const expected = "at least 16 visible ASCII characters, without a space";
  findings.push({ ...read.at, part: "value", expected, found: `${read.said} with something else in it` });
  return null;
}

/** The options of the ledger that only point at what they mean. */
async function ledgerSecrets(
  { ledger }: Config,
  environment: Environment,
  findings: Finding[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const [name, option] of ledgerSources(ledger)) {
    const read = await readSource(option, ["ledger", name], environment);
    if ("expected" in read) findings.push(read);
    else found.set(name, read.text.trim());
  }
  return found;
}

/** The options of a ledger that are `{ env: NAME }` or `{ file: PATH }`, by name. */
export function ledgerSources({ options }: Config["ledger"]): readonly (readonly [string, SecretSource])[] {
  return Object.entries(options).flatMap(([name, option]): [string, SecretSource][] =>
    isRecord(option) && (typeof option["env"] === "string" || typeof option["file"] === "string")
      ? [[name, option as SecretSource]]
      : [],
  );
}

async function virtualKeys(
  config: Config,
  environment: Environment,
  findings: Finding[],
): Promise<readonly KnownKey[]> {
  const keys: KnownKey[] = [];
  for (const [tenant, { keys: written }] of Object.entries(config.keys)) {
    for (const [index, key] of written.entries()) {
      const path = ["keys", tenant, "keys", index];
      const hashes = await hashesOf(key, path, environment, findings);
      const { disabled } = key;
      const expiresMs = key.expires === undefined ? null : Date.parse(key.expires);
      const place = writePath(path);
      keys.push(...hashes.map((hash) => ({ tenant, hash, expiresMs, disabled, place })));
    }
  }
  return keys;
}

const hashPattern = /^sha256:([0-9a-f]{64})$/;

/** The hashes of one entry: several where it is a file with several lines. */
async function hashesOf(
  key: VirtualKeyConfig,
  path: Path,
  environment: Environment,
  findings: Finding[],
): Promise<readonly string[]> {
  if (key.hash !== undefined) return [key.hash.slice("sha256:".length)];
  const read = await readSource(key, path, environment);
  if ("expected" in read) {
    findings.push(read);
    return [];
  }
  const lines = read.text
    .split(/\r\n|\n|\r/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const hashes = lines.flatMap(
    (line) => hashPattern.exec(line)?.[1] ?? (isVirtualKey(line) ? hashOf(line) : []),
  );
  if (hashes.length === lines.length && hashes.length > 0) return hashes;
  const expected = "keys as longstop key makes them, ls_ and at least 32 letters and digits, one a line";
  // What stands there is meant to be a secret, so it is not shown.
  const found = lines.length === 0 ? "nothing" : `${read.said} with something else in it`;
  findings.push({ ...read.at, part: "value", expected, found });
  return [];
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** A key that names two tenants names none. */
function sharedKeyFindings(keys: readonly KnownKey[]): readonly Finding[] {
  const owners = new Map<string, KnownKey>();
  return keys.flatMap((key): readonly Finding[] => {
    const owner = owners.get(key.hash);
    owners.set(key.hash, owner ?? key);
    if (owner === undefined || owner.place === key.place) return [];
    const path = pathOf(key);
    return [{ path, part: "value", expected: "a key of its own", found: `the key of ${owner.place}` }];
  });
}

function pathOf({ tenant, place }: KnownKey): Path {
  return ["keys", tenant, "keys", Number(/\[(\d+)\]$/.exec(place)?.[1] ?? 0)];
}

type ReadSource =
  | Finding
  | { readonly text: string; readonly said: string; readonly at: { readonly path: Path } };

async function readSource(source: SecretSource, path: Path, environment: Environment): Promise<ReadSource> {
  if (source.env !== undefined) {
    const at = { path: [...path, "env"] };
    const text = environment[source.env];
    if (text !== undefined && text.trim() !== "") return { text, said: `the variable ${source.env}`, at };
    const found = text === undefined ? `no variable ${source.env}` : `an empty variable ${source.env}`;
    return { ...at, part: "value", expected: "an environment variable that is set", found };
  }
  const at = { path: [...path, "file"] };
  const file = source.file ?? "";
  const read = await readFile(file);
  if ("text" in read && read.text.trim() !== "") return { text: read.text, said: `the file ${file}`, at };
  const found = "text" in read ? "an empty file" : read.found;
  return { ...at, part: "value", expected: "a file that holds the secret", found };
}

async function readFile(file: string): Promise<{ readonly text: string } | { readonly found: string }> {
  try {
    const handle = await open(file);
    try {
      const bytes = Buffer.alloc(fileBytesMax + 1);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
      if (bytesRead > fileBytesMax) return { found: `a file of more than ${fileBytesMax} bytes` };
      return { text: bytes.toString("utf8", 0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return {
      found: code === "ENOENT" ? `no file ${file}` : `${file}, which cannot be read: ${code ?? message}`,
    };
  }
}
