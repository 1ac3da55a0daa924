import { hasFormat } from "./formats.ts";
import { shown, type FaultKind, type Finding } from "./finding.ts";
import type { JsonNode } from "./json-tree.ts";
import type { LinearPattern } from "./linear-pattern.ts";
import type { SchemaNode } from "./schema.ts";

/** What a string or a number does not keep to: bounds, length, pattern, format. */
export function scalarFindings(
  schema: SchemaNode,
  at: JsonNode,
  patterns: ReadonlyMap<string, LinearPattern>,
): readonly Finding[] {
  const found: Finding[] = [];
  const add = (kind: FaultKind, expected: string): void => void found.push({ kind, at, expected });
  if (typeof at.value === "number") numberFindings(schema, at.value, add);
  if (typeof at.value === "string") {
    lengthFindings(schema, at.value, add);
    const { pattern } = schema;
    if (pattern !== undefined && patterns.get(pattern)?.test(at.value) === false) {
      add("pattern", `a string that matches the pattern ${shown(pattern)}`);
    }
  }
  if (schema.format !== undefined && !hasFormat(schema.format, at.value)) {
    add("format", `a value of the format ${schema.format}`);
  }
  return found;
}

type Add = (kind: FaultKind, expected: string) => void;

function numberFindings(schema: SchemaNode, value: number, add: Add): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (minimum !== undefined && !(value >= minimum)) add("bounds", `at least ${minimum}`);
  if (maximum !== undefined && !(value <= maximum)) add("bounds", `at most ${maximum}`);
  if (exclusiveMinimum !== undefined && !(value > exclusiveMinimum))
    add("bounds", `more than ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined && !(value < exclusiveMaximum))
    add("bounds", `less than ${exclusiveMaximum}`);
  if (multipleOf !== undefined && !Number.isInteger(value / multipleOf))
    add("bounds", `a multiple of ${multipleOf}`);
}

function lengthFindings(schema: SchemaNode, value: string, add: Add): void {
  const { minLength, maxLength } = schema;
  if (minLength === undefined && maxLength === undefined) return;
  // Counted in characters, not in UTF-16 units (JSON Schema 2020-12 validation, 6.3.1).
  let length = 0;
  for (const _ of value) length += 1;
  if (minLength !== undefined && length < minLength) {
    add("bounds", minLength === 1 ? "a string that is not empty" : `at least ${minLength} characters`);
  }
  if (maxLength !== undefined && length > maxLength)
    add("bounds", `at most ${maxLength} characters; this has ${length}`);
}
