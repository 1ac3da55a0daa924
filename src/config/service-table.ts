import { fileURLToPath } from "node:url";
import type { KeyedService, KeyLimits } from "../exchange/keyed-service.ts";
import { isRecord, prepared, withDefaults } from "./defaults.ts";
import { type ConfigFault, show } from "./fault.ts";
import { writePath } from "./path.ts";
import { reservedHeader } from "./relations.ts";
import { type Finding, openChecker } from "./schema-faults.ts";
import { serviceTableSchema } from "./service-schema.ts";
import { readSource, type Source, sourceBytesMax } from "./source.ts";
import { readTextFile } from "./text-file.ts";

/** The table that comes with Longstop. It lies beside the sources and beside what is compiled of them. */
const shippedTable = fileURLToPath(new URL("../../config/services.yaml", import.meta.url));

/** A table as read: its rows, or all that is wrong with it. */
export type ServiceTable =
  | { readonly kind: "services"; readonly services: readonly KeyedService[] }
  /** The file itself cannot be read: a fault of whoever names it. */
  | { readonly kind: "unreadable"; readonly file: string; readonly expected: string; readonly found: string }
  | {
      readonly kind: "faults";
      readonly file: string;
      readonly text: string;
      readonly faults: readonly ConfigFault[];
      /** False where the file cannot be read as YAML: more faults may follow. */
      readonly complete: boolean;
    };

let shipped: Promise<ServiceTable> | undefined;

/** Reads a table of services; null is the one that comes with Longstop, which is a part of the program. */
export function readServiceTable(file: string | null): Promise<ServiceTable> {
  if (file !== null) return readTable(file);
  shipped ??= readTable(shippedTable);
  return shipped;
}

async function readTable(file: string): Promise<ServiceTable> {
  const read = await readTextFile(file, "a table of services", sourceBytesMax);
  if (read.kind !== "text") return { kind: "unreadable", file, expected: read.expected, found: read.found };
  return tableOf(readSource(file, read.text));
}

let check: ReturnType<typeof openChecker> | undefined;

function tableOf(source: Source): ServiceTable {
  const { file, text, value } = source;
  const faulty = { kind: "faults", file, text } as const;
  if (value === undefined || (value === null && source.faults.length > 0)) {
    return { ...faulty, faults: source.faults, complete: false };
  }
  const tree = prepared(serviceTableSchema, value ?? {});
  check ??= openChecker(serviceTableSchema);
  const findings = [...check(tree)];
  const filled = withDefaults(serviceTableSchema, tree);
  if (findings.length === 0) findings.push(...rowsOf(filled).flatMap(rowFindings));
  const faults = [...source.faults, ...findings.map((finding) => locate(source, finding))];
  if (faults.length > 0) return { ...faulty, faults: faults.sort((a, b) => a.line - b.line), complete: true };
  return { kind: "services", services: rowsOf(filled).map(serviceOf) };
}

/** A row as the file has it: what limits a key stands beside the rest. */
type Row = Omit<KeyedService, "limits"> & {
  readonly keyLengthMax?: number;
  readonly keyForm?: NonNullable<KeyLimits["form"]>;
};

function rowsOf(table: unknown): readonly Row[] {
  return isRecord(table) ? (table["services"] as readonly Row[]) : [];
}

function serviceOf({ keyLengthMax, keyForm, ...row }: Row): KeyedService {
  const limits = {
    ...(keyLengthMax === undefined ? {} : { lengthMax: keyLengthMax }),
    ...(keyForm === undefined ? {} : { form: keyForm }),
  };
  return { ...row, limits };
}

/** Length of a UUID with its dashes. */
const uuidLength = 36;

/** What the schema cannot say of a row. */
function rowFindings({ key, keyLengthMax, keyForm }: Row, index: number): readonly Finding[] {
  const findings: Finding[] = [];
  const at = (...rest: string[]): Finding["path"] => ["services", index, ...rest];
  if (key.in === "header" && reservedHeader(key.name)) {
    const found = `${show(key.name)}, which has another meaning`;
    const expected = "the header in which the service expects an idempotency key";
    findings.push({ path: at("key", "name"), part: "value", expected, found });
  }
  if (keyForm === "uuid" && keyLengthMax !== undefined && keyLengthMax < uuidLength) {
    const expected = `at least ${uuidLength}, because keyForm is uuid`;
    findings.push({ path: at("keyLengthMax"), part: "value", expected, found: show(keyLengthMax) });
  }
  return findings;
}

function locate(source: Source, { path, part, ...said }: Finding): ConfigFault {
  return { path: writePath(path), origin: source.file, ...source.placeOf(path, part), ...said };
}
