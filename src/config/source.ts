import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type { ConfigFault } from "./fault.ts";
import type { Path } from "./path.ts";

/** Largest configuration file, in bytes. */
export const sourceBytesMax = 256 * 1024;

export interface SourceBounds {
  /** How often anchors may be repeated before it counts as an attack on memory. */
  readonly aliasesMax: number;
  /** How deep the file may nest, in levels. */
  readonly nestingMax: number;
}

/** The deepest valid key of a configuration is at level 5, but for schemas in it. */
const configBounds: SourceBounds = { aliasesMax: 100, nestingMax: 32 };

/** A place in the file: line and column from 1, and how many characters are meant. */
interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A configuration file as read: its value, and where each part of it stands. */
export interface Source {
  readonly file: string;
  readonly text: string;
  /** Undefined where the text is no YAML; then only `faults` says anything. */
  readonly value: unknown;
  readonly faults: readonly ConfigFault[];
  /** The key at the path, its value, or the nearest thing above it. */
  placeOf(path: Path, part: "key" | "value"): Place;
}

/** A fault of YAML whose tree can still be trusted, so that the rest is checked at once. */
const harmlessCodes = new Set(["DUPLICATE_KEY", "TAG_RESOLVE_FAILED"]);

/**
 * Reads YAML 1.2 (core schema): no custom tags, no merge keys, only text as keys, each key once,
 * one document. Anchors are allowed, and bounded.
 */
export function readSource(file: string, text: string, bounds = configBounds): Source {
  const { aliasesMax, nestingMax } = bounds;
  const nestingSentence = `at most ${nestingMax} levels of nesting, and no anchor that contains itself`;
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: "1.2",
    schema: "core",
    resolveKnownTags: false,
    merge: false,
    stringKeys: true,
    prettyErrors: false,
    logLevel: "error",
  });
  const faults = problemsOf(document).map((problem) =>
    syntaxFault(file, text, lines, problem, nestingSentence),
  );
  const placeOf = (path: Path, part: "key" | "value"): Place => findPlace(document, lines, path, part);
  const readable = document.errors.every((error) => harmlessCodes.has(error.code));
  const source = { file, text, faults, placeOf };
  if (!readable) return { ...source, value: undefined };
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax });
    if (nestingWithin(value, nestingMax)) return { ...source, value };
    return {
      ...source,
      value: undefined,
      faults: [...faults, aliasFault(document, file, lines, nestingSentence)],
    };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    // The library throws this for aliases alone: repeated too often, or of an anchor that is not there.
    return {
      ...source,
      value: undefined,
      faults: [...faults, aliasFault(document, file, lines, aliasSentence(error, aliasesMax))],
    };
  }
}

function aliasSentence(error: ReferenceError, aliasesMax: number): string {
  return error.message.startsWith("Unresolved alias")
    ? "every alias after its anchor"
    : `anchors that are repeated at most ${aliasesMax} times in all`;
}

/** A syntax error confuses what comes after it: the first few say all that can be acted on. */
const syntaxFaultsMax = 10;

function problemsOf(document: Document.Parsed): readonly YAMLError[] {
  const exhausted = document.errors.find((error) => error.code === "RESOURCE_EXHAUSTION");
  if (exhausted !== undefined) return [exhausted];
  return [...document.errors, ...document.warnings].slice(0, syntaxFaultsMax);
}

function syntaxFault(
  file: string,
  text: string,
  lines: LineCounter,
  problem: YAMLError,
  nestingSentence: string,
): ConfigFault {
  const [start, end] = problem.pos;
  const place = placeAt(lines, start, end);
  const found = text.slice(start, Math.min(end, start + 40)).split("\n", 1)[0] ?? "";
  const fault = { path: "", origin: file, ...place, expected: problem.message, found: found.trim() };
  if (problem.code === "DUPLICATE_KEY") {
    // The library points at the first character of the key only.
    const [key = ""] = /^[^\s:,}]{1,40}/.exec(text.slice(start, start + 40)) ?? [];
    return { ...fault, expected: "every key once", found: key, length: Math.max(1, key.length) };
  }
  if (problem.code === "TAG_RESOLVE_FAILED") return { ...fault, expected: "a plain value without a tag" };
  if (problem.code === "TAB_AS_INDENT")
    return { ...fault, expected: "spaces as indentation", found: "a tab" };
  if (problem.code === "RESOURCE_EXHAUSTION") return { ...fault, expected: nestingSentence };
  if (problem.code === "MULTIPLE_DOCS") return { ...fault, expected: "one document", found: "---" };
  if (problem.code === "NON_STRING_KEY") return { ...fault, expected: "text as a key" };
  return fault;
}

/** Points at the first alias without an anchor, else at the first alias, else at the beginning. */
function aliasFault(
  document: Document.Parsed,
  file: string,
  lines: LineCounter,
  expected: string,
): ConfigFault {
  const aliases: Alias[] = [];
  visit(document, { Alias: (_key, alias) => void aliases.push(alias) });
  const guilty = aliases.find((alias) => alias.resolve(document) === undefined) ?? aliases[0];
  const [start, end] = guilty?.range ?? [0, 1];
  const found = guilty === undefined ? "" : `*${guilty.source}`;
  return { path: "", origin: file, ...placeAt(lines, start, end), expected, found };
}

function placeAt(lines: LineCounter, start: number, end: number): Place {
  const { line, col } = lines.linePos(start);
  return { line: Math.max(1, line), column: Math.max(1, col), length: Math.max(1, end - start) };
}

function findPlace(document: Document.Parsed, lines: LineCounter, path: Path, part: "key" | "value"): Place {
  let at: unknown = document.contents;
  let [start, end]: readonly [number, number] = [0, 1];
  for (const [index, step] of path.entries()) {
    const child = stepInto(document, at, step);
    if (child === undefined) return placeAt(lines, start, end);
    const wantsKey = part === "key" && index === path.length - 1;
    at = child.value;
    [start, end] = rangeOf(wantsKey ? child.key : child.value) ?? rangeOf(child.key) ?? [start, end];
  }
  return placeAt(lines, start, end);
}

function stepInto(
  document: Document.Parsed,
  node: unknown,
  step: string | number,
): { readonly key: unknown; readonly value: unknown } | undefined {
  const target = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(target) && typeof step === "number") {
    const item = target.items[step];
    return item === undefined ? undefined : { key: item, value: item };
  }
  if (!isMap(target)) return undefined;
  return target.items.findLast((pair: Pair) => isScalar(pair.key) && String(pair.key.value) === String(step));
}

/** The start, and the end of the value without what follows it. A collection: its first line. */
function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = (node as Node | null | undefined)?.range;
  if (range === null || range === undefined) return undefined;
  const [start, end] = range;
  if (!isScalar(node)) return [start, start + 1];
  // An empty value has no width; its key shows the reader more.
  return end > start ? [start, end] : undefined;
}

function nestingWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (levels === 0) return false;
  return Object.values(value).every((child) => nestingWithin(child, levels - 1));
}
