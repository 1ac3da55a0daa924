import type { JsonNode } from "./json-tree.ts";
import type { TypeName } from "./schema.ts";

/** The plain value of a node, as `JSON.parse` gives it (the last of duplicate names counts). */
export function toValue(node: JsonNode): unknown {
  if (node.kind === "array") return node.elements.map(toValue);
  if (node.kind !== "object") return node.value;
  const value: Record<string, unknown> = {};
  for (const { name, node: member } of node.members) {
    // An assignment to `__proto__` would set the prototype instead.
    Object.defineProperty(value, name, {
      value: toValue(member),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return value;
}

/** Whether the value is of one of the types. 1.0 is an integer (JSON Schema 2020-12, 4.2.3). */
export function typeFits(node: JsonNode, types: readonly TypeName[]): boolean {
  if (node.kind !== "number") return types.includes(node.kind);
  // 1e400 is JSON, and no number that anything can calculate with.
  if (!Number.isFinite(node.value)) return false;
  return types.includes("number") || (types.includes("integer") && Number.isInteger(node.value));
}

/** Linear in the size of the list; comparing each element with each other is not. */
export function areUnique(list: readonly unknown[]): boolean {
  const seen = new Set<string>();
  for (const element of list) {
    const key = sortedJson(element);
    if (seen.has(key)) return false;
    seen.add(key);
  }
  return true;
}

/** JSON with the members in order of their names; numbers as JavaScript has them, as JSON Schema compares. */
export function sortedJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(sortedJson).join()}]`;
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sortedJson(member)}`).join()}}`;
}
