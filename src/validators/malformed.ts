import type { JsonSyntaxError } from "./json-tree.ts";
import type { Fault } from "./finding.ts";

const excerptCharacters = 24;

/** A fault for text that is not JSON: where, what was expected, and what stands there. */
export function malformed(text: string, error: JsonSyntaxError): Fault {
  const before = text.slice(0, error.position);
  const line = before.split("\n").length;
  const column = error.position - (before.lastIndexOf("\n") + 1) + 1;
  const place = `line ${line}, column ${column}`;
  const hint = hintFor(text, error.position);
  return {
    pointer: "",
    kind: "malformed",
    expected: `The arguments are not valid JSON: at ${place}, expected ${error.expected}${hint}`,
    found: error.atEnd
      ? `the end of the text after ${excerpt(text, error.position)}`
      : excerpt(text, error.position),
  };
}

/** Slips that models make often, by what stands at the fault. */
function hintFor(text: string, position: number): string {
  const rest = text.slice(position, position + 12);
  const before = text.slice(Math.max(0, position - 64), position).trimEnd();
  if (/^(?:True|False|None|undefined|NaN)\b/.test(rest)) return " (JSON has true, false and null)";
  if (rest.startsWith("'")) return " (JSON strings have double quotation marks)";
  if (/^[}\]]/.test(rest) && before.endsWith(",")) return " (no comma before a closing bracket)";
  if (/^(?:\/\/|\/\*|#)/.test(rest)) return " (JSON has no comments)";
  return "";
}

function excerpt(text: string, position: number): string {
  const from = Math.max(0, position - excerptCharacters);
  const to = position + excerptCharacters;
  const piece = text.slice(from, to);
  return JSON.stringify(`${from > 0 ? "…" : ""}${piece}${to < text.length ? "…" : ""}`);
}
