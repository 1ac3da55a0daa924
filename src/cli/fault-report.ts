import type { ConfigFault } from "../config/fault.ts";
import { plain } from "./plain.ts";
import { redactText } from "./redact.ts";

/** Most of a source line that is shown, in characters, the fault among them. */
const lineCharsMax = 100;

export interface FaultReport {
  readonly file: string;
  readonly text: string;
  readonly faults: readonly ConfigFault[];
  /** False where the file could not be read as YAML, so that more may be wrong than is said. */
  readonly complete: boolean;
}

/** All faults for people: one block each, with the line that is meant and a caret below the place. */
export function writeFaults({ file, text, faults, complete }: FaultReport): string {
  const lines = text.split(/\r\n|\n|\r/);
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const secretLines = new Set(faults.filter(({ isSecret }) => isSecret).map(({ line }) => line));
  const shown = ({ line, origin }: ConfigFault): string | undefined =>
    origin !== file || secretLines.has(line) ? undefined : lines[line - 1];
  const blocks = faults.map((fault) => writeFault(fault, shown(fault)));
  const rest =
    complete || faults.every(({ line }) => line === 0)
      ? []
      : ["What else is wrong shows once this is right.\n"];
  const isTyped = faults.every(({ origin }) => origin.startsWith("--"));
  const where = isTyped ? "The command line" : plain(file);
  return [`${where}: ${count}\n`, ...blocks, ...rest].join("\n");
}

function writeFault(fault: ConfigFault, sourceLine: string | undefined): string {
  const place = fault.line === 0 ? fault.origin : `${fault.origin}:${fault.line}:${fault.column}`;
  const written = [`${place}  ${fault.path}`.trimEnd()];
  if (fault.line > 0 && sourceLine !== undefined) written.push(...sourceLines(fault, sourceLine));
  written.push(`  expected  ${fault.expected}`);
  if (fault.found !== "") written.push(`  found     ${fault.found}`);
  if (fault.hint !== undefined) written.push(`  hint      ${fault.hint}`);
  // A key pasted into the wrong place is a fault, and must not travel on into the log of a build.
  return `${written.map((line) => plain(redactText(line))).join("\n")}\n`;
}

function sourceLines({ line, column, length }: ConfigFault, sourceLine: string): readonly string[] {
  // A window that begins a little before the fault, so that long lines still show it.
  const from = Math.max(0, Math.min(column - 1 - 40, sourceLine.length - lineCharsMax));
  const shown = sourceLine.slice(from, from + lineCharsMax).replaceAll("\t", " ");
  const at = column - 1 - from;
  const carets = "^".repeat(Math.max(1, Math.min(length, shown.length - at)));
  const number = String(line).padStart(4);
  // What is hidden before the fault may be longer or shorter than what stands for it.
  const before = " ".repeat(redactText(shown.slice(0, at)).length);
  return [`${number} | ${shown}`, `${" ".repeat(number.length)} | ${before}${carets}`];
}
