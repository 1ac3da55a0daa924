import path from "node:path";
import { createHash } from "node:crypto";
import type { DocumentFault } from "../validators/openapi/document-fault.ts";
import type { ApiDocument } from "../validators/openapi/operation.ts";
import { readDocument } from "../validators/openapi/read-document.ts";
import { isRecord } from "./defaults.ts";
import { type ConfigFault, show } from "./fault.ts";
import { documentOfOperations } from "./inline-operations.ts";
import { readJsonSource } from "./json-source.ts";
import { type Path, readPointer, valueAt } from "./path.ts";
import type { Tree } from "./relations.ts";
import type { Finding } from "./schema-faults.ts";
import { readSource, type Source } from "./source.ts";
import { readTextFile } from "./text-file.ts";

/** Largest OpenAPI document, in bytes. The largest published ones have about half of it. */
const documentBytesMax = 16 * 1024 * 1024;
const bounds = { aliasesMax: 1_000, nestingMax: 100 } as const;

/** The operations of a tool. Two are equal where they were read from equal text. */
export class ToolOperations {
  /** SHA-256 of the text, hex. */
  readonly digest: string;
  readonly count: number;
  // Private, so that comparing two configurations does not walk through whole documents.
  readonly #document: ApiDocument;

  constructor(text: string, document: ApiDocument) {
    this.digest = createHash("sha256").update(text).digest("hex");
    this.count = document.operations.length;
    this.#document = document;
  }

  get document(): ApiDocument {
    return this.#document;
  }
}

export interface ReadArguments {
  readonly operations: ReadonlyMap<string, ToolOperations>;
  /** What is wrong in the configuration. */
  readonly findings: readonly Finding[];
  /** What is wrong in documents. */
  readonly faults: readonly ConfigFault[];
}

/** Reads what the calls of each tool are held against. Paths of documents are relative to `folder`. */
export async function readToolArguments(tree: Tree, folder: string): Promise<ReadArguments> {
  const operations = new Map<string, ToolOperations>();
  const findings: Finding[] = [];
  const faults: ConfigFault[] = [];
  const tools = valueAt(tree.root, ["tools"]);
  for (const [name, tool] of Object.entries(isRecord(tools) ? tools : {})) {
    const at = ["tools", name, "arguments"];
    const written = isRecord(tool) ? tool["arguments"] : undefined;
    if (!isRecord(written) || !tree.isSound(at)) continue;
    const read = await readOne(written, at, folder, findings, faults);
    if (read === undefined) continue;
    operations.set(name, read);
    const url = valueAt(tool, ["url"]);
    if (typeof url === "string" && URL.canParse(url)) findings.push(...reachFindings(read, written, at, url));
  }
  return { operations, findings, faults };
}

async function readOne(
  written: Readonly<Record<string, unknown>>,
  at: Path,
  folder: string,
  findings: Finding[],
  faults: ConfigFault[],
): Promise<ToolOperations | undefined> {
  const { openapi, operations } = written;
  if ((openapi === undefined) === (operations === undefined)) {
    const found = openapi === undefined ? "neither" : "both";
    findings.push({ path: at, part: "key", expected: "one of the keys openapi and operations", found });
    return undefined;
  }
  if (Array.isArray(operations)) return readInline(operations, [...at, "operations"], findings);
  const file = path.resolve(folder, String(openapi));
  const text = await readTextFile(file, "an OpenAPI document", documentBytesMax);
  if (text.kind !== "text") {
    const { expected, found } = text;
    findings.push({ path: [...at, "openapi"], part: "value", expected, found: `${show(openapi)}: ${found}` });
    return undefined;
  }
  const source = documentSource(String(openapi), text.text);
  if (source.faults.length > 0) {
    faults.push(...source.faults);
    return undefined;
  }
  const document = readDocument(source.value);
  if (!("faults" in document)) return new ToolOperations(text.text, document);
  const inOrder = document.faults.map((fault) => located(source, fault)).sort(byPlace);
  faults.push(...inOrder);
  return undefined;
}

function readInline(
  operations: readonly unknown[],
  at: Path,
  findings: Finding[],
): ToolOperations | undefined {
  const made = documentOfOperations(operations, at);
  const document = readDocument(made.document);
  findings.push(...made.findings);
  if (!("faults" in document)) {
    return made.findings.length > 0 ? undefined : new ToolOperations(JSON.stringify(operations), document);
  }
  for (const { pointer, expected, found } of document.faults) {
    findings.push({ path: at, part: "value", expected, found: `${found} at ${pointer}` });
  }
  return undefined;
}

function documentSource(file: string, text: string): Source {
  return text.trimStart().startsWith("{")
    ? readJsonSource(file, text, bounds.nestingMax)
    : readSource(file, text, bounds);
}

function byPlace(one: ConfigFault, other: ConfigFault): number {
  return one.line - other.line || one.column - other.column;
}

function located(source: Source, { pointer, expected, found, hint }: DocumentFault): ConfigFault {
  const place = source.placeOf(readPointer(pointer, source.value), "value");
  const said = { expected, found, ...(hint === undefined ? {} : { hint }) };
  return { path: pointer, origin: source.file, ...place, ...said };
}

/** Where the paths of the document can never be those of a call, nothing could ever be called. */
function reachFindings(
  { document }: ToolOperations,
  { basePath }: Readonly<Record<string, unknown>>,
  at: Path,
  url: string,
): readonly Finding[] {
  const own = new URL(url).pathname.replace(/\/+$/, "");
  const named =
    typeof basePath === "string" ? [basePath] : document.operations.flatMap((one) => one.basePaths);
  const bases = [...new Set(named)];
  const meets = (base: string): boolean =>
    `${base}/`.startsWith(`${own}/`) || `${own}/`.startsWith(`${base}/`);
  if (bases.length === 0 || bases.some(meets)) return [];
  const shown = bases.map((base) => base || "/").join(", ");
  const expected = `operations below the path of the tool's URL, ${own}`;
  const hint = `Set basePath to the path that stands before those of the document, such as ${own}.`;
  return [{ path: at, part: "key", expected, found: `operations below ${shown}`, hint }];
}

/** The files that the operations of tools are read from. `folder` is that of the configuration. */
export function documentFiles(
  tools: Readonly<Record<string, { readonly arguments?: { readonly openapi?: string } }>>,
  folder: string,
): readonly string[] {
  const files = Object.values(tools).flatMap((tool) => tool.arguments?.openapi ?? []);
  return [...new Set(files.map((file) => path.resolve(folder, file)))];
}
