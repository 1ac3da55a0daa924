import { dirname, resolve } from "node:path";
import type { Config } from "./config.ts";
import { isRecord, prepared, withDefaults } from "./defaults.ts";
import { type ConfigFault, show } from "./fault.ts";
import { type Path, touches, valueAt, writePath } from "./path.ts";
import { postFindings } from "./post-findings.ts";
import { relationFindings } from "./relations.ts";
import { composeSchema, type Schema, type Sockets } from "./schema.ts";
import { type Finding, openChecker } from "./schema-faults.ts";
import { type Environment, noSecrets, readSecrets, type Secrets } from "./secrets.ts";
import { settle } from "./settle.ts";
import { readServiceTable, type ServiceTable } from "./service-table.ts";
import { readSource, type Source, sourceBytesMax } from "./source.ts";
import { readTextFile } from "./text-file.ts";
import { readToolArguments } from "./tool-arguments.ts";

/** What the command line sets in the configuration's place. */
export interface Overrides {
  readonly host?: string;
  /** As written; what is no number is a fault like any other. */
  readonly port?: string;
  readonly ledgerFile?: string;
}

export interface LoadRequest {
  /** The file that the user named, or undefined: then `defaultFile`, which may be missing. */
  readonly file: string | undefined;
  readonly defaultFile: string;
  readonly overrides: Overrides;
  readonly sockets: Sockets;
  /**
   * What secrets are read from, with the files that the configuration names. Left out, none is read:
   * who only looks at a configuration needs no secrets.
   */
  readonly environment?: Environment;
  /** Which of them: who only asks the ledger needs no credential of an upstream. Left out: all. */
  readonly secretsOf?: "all" | "ledger";
}

/** `file` is null where there is none and the defaults alone hold. */
export type Loaded =
  | {
      readonly kind: "config";
      readonly config: Config;
      readonly secrets: Secrets;
      readonly file: string | null;
    }
  | {
      readonly kind: "faults";
      readonly faults: readonly ConfigFault[];
      readonly file: string;
      /** The text of the file, for showing the lines that are meant. */
      readonly text: string;
      /** False where the file cannot be read as YAML: more faults may follow. */
      readonly complete: boolean;
    };

/**
 * Reads the configuration and finds every fault in it at once. Never throws for what a user wrote;
 * values are never taken from the environment, but for the secrets that it points at.
 */
export async function loadConfig(request: LoadRequest): Promise<Loaded> {
  const file = request.file ?? request.defaultFile;
  const read = await readTextFile(file, "a configuration file", sourceBytesMax);
  if (read.kind === "missing" && request.file === undefined)
    return checkSource(readSource(file, ""), null, request);
  if (read.kind !== "text") {
    const fault = {
      path: "",
      origin: file,
      line: 0,
      column: 0,
      length: 0,
      expected: read.expected,
      found: read.found,
    };
    return { kind: "faults", faults: [fault], file, text: "", complete: false };
  }
  return checkSource(readSource(file, read.text), file, request);
}

async function checkSource(source: Source, file: string | null, request: LoadRequest): Promise<Loaded> {
  const { sockets, overrides } = request;
  const faulty = { kind: "faults", file: source.file, text: source.text } as const;
  const isEmpty = source.value === null || source.value === undefined;
  if (isEmpty && source.faults.length > 0) return { ...faulty, faults: source.faults, complete: false };
  const schema = composeSchema(sockets);
  const written = override(isEmpty ? {} : source.value, overrides);
  const tree = prepared(schema, written.tree);
  const findings: Finding[] = [...checkerFor(sockets, schema)(tree)];
  const filled = {
    root: withDefaults(schema, tree),
    isSound: (path: Path) => !hasFault(findings, path),
    isWritten: (path: Path) => valueAt(tree, path) !== undefined,
  };
  findings.push(...relationFindings(filled));
  findings.push(...(await postFindings(filled, sockets.guards)));
  const folder = dirname(source.file);
  const checked = await readToolArguments(filled, folder);
  findings.push(...checked.findings);
  const located = (): readonly ConfigFault[] => [
    ...[...source.faults, ...findings.map((one) => locate(source, written.origins, one))].sort(byPlace),
    ...checked.faults,
  ];
  if (located().length > 0) return { ...faulty, faults: located(), complete: true };
  const settled = settle(filled.root, checked.operations);
  const table = await tableFor(settled, folder);
  if (table.kind === "faults") return table;
  if (table.kind === "unreadable") {
    findings.push(unreadableTable(table));
    return { ...faulty, faults: located(), complete: true };
  }
  const config = { ...settled, keyedServices: table.services };
  if (request.environment === undefined) return { kind: "config", config, secrets: noSecrets, file };
  const read = await readSecrets(config, request.environment, request.secretsOf);
  findings.push(...read.findings);
  if (read.findings.length > 0) return { ...faulty, faults: located(), complete: true };
  return { kind: "config", config, secrets: read.secrets, file };
}

/** Without tools nobody asks the table that comes with Longstop, so it costs the start nothing. */
function tableFor({ effects, tools }: Omit<Config, "keyedServices">, folder: string): Promise<ServiceTable> {
  if (effects.services === null && Object.keys(tools).length === 0) {
    return Promise.resolve({ kind: "services", services: [] });
  }
  return readServiceTable(effects.services === null ? null : resolve(folder, effects.services));
}

function unreadableTable({ file, expected, found }: Extract<ServiceTable, { kind: "unreadable" }>): Finding {
  const path = ["effects", "services"];
  return { path, part: "value", expected, found: `${show(file)}: ${found}` };
}

type Checker = ReturnType<typeof openChecker>;
const checkers = new WeakMap<Sockets, Checker>();

/** Compiling the schema takes longer than all the rest, and gives the same for the same lists. */
function checkerFor(sockets: Sockets, schema: Schema): Checker {
  const known = checkers.get(sockets);
  if (known !== undefined) return known;
  const made = openChecker(schema);
  checkers.set(sockets, made);
  return made;
}

function hasFault(findings: readonly Finding[], path: Path): boolean {
  return findings.some((finding) => touches(finding.path, path));
}

function locate(source: Source, origins: ReadonlyMap<string, string>, finding: Finding): ConfigFault {
  const { path, part, ...said } = finding;
  const written = writePath(path);
  const option = origins.get(written);
  if (option !== undefined) return { path: written, origin: option, line: 0, column: 0, length: 0, ...said };
  return { path: written, origin: source.file, ...source.placeOf(path, part), ...said };
}

function byPlace(one: ConfigFault, other: ConfigFault): number {
  return one.line - other.line || one.column - other.column;
}

/** The tree with the options of the command line in it, and which path came from which option. */
function override(
  tree: unknown,
  overrides: Overrides,
): { readonly tree: unknown; readonly origins: ReadonlyMap<string, string> } {
  const origins = new Map<string, string>();
  let root = tree;
  const set = (section: string, key: string, value: unknown, option: string): void => {
    if (value === undefined || !isRecord(root)) return;
    const before = Object.hasOwn(root, section) ? root[section] : undefined;
    // A section that is no section is a fault of its own; the option must not hide it.
    if (before !== undefined && before !== null && !isRecord(before)) return;
    root = { ...root, [section]: { ...before, [key]: value } };
    origins.set(`${section}.${key}`, option);
  };
  const { port } = overrides;
  set("listen", "host", overrides.host, "--host");
  set("listen", "port", port !== undefined && /^\d+$/.test(port) ? Number(port) : port, "--port");
  set("ledger", "file", overrides.ledgerFile, "--ledger");
  return { tree: root, origins };
}
