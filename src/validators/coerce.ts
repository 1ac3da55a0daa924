import type { Edit } from "./json-edits.ts";
import type { Finding } from "./finding.ts";
import type { JsonNode } from "./json-tree.ts";
import type { TypeName } from "./schema.ts";

/**
 * Edits that give scalars of a wrong type the one type that the schema wants, where the way back
 * gives the same characters again: "5" and 5, "true" and true; never "05", "1e3" or "yes".
 */
export function coercions(findings: readonly Finding[], text: string): Edit[] {
  const edits: Edit[] = [];
  for (const { kind, at, types = [] } of findings) {
    if (kind !== "wrong-type") continue;
    const wanted = new Set(types.filter((type) => type !== "null"));
    // A number may be written as an integer, so the two together are one wish.
    if (wanted.has("number")) wanted.delete("integer");
    const [only, ...others] = wanted;
    if (only === undefined || others.length > 0) continue;
    const converted = convert(at, only, text.slice(at.start, at.end));
    if (converted !== undefined) edits.push({ start: at.start, end: at.end, text: converted });
  }
  return edits;
}

function convert(at: JsonNode, wanted: TypeName, source: string): string | undefined {
  if (wanted === "string") {
    const exact = at.kind === "boolean" || (at.kind === "number" && String(at.value) === source);
    return exact ? JSON.stringify(source) : undefined;
  }
  if (typeof at.value !== "string") return undefined;
  if (wanted === "boolean") return at.value === "true" || at.value === "false" ? at.value : undefined;
  if (wanted !== "number" && wanted !== "integer") return undefined;
  const number = Number(at.value);
  const exact = Number.isFinite(number) && String(number) === at.value && !at.value.includes("e");
  const fits = wanted === "number" || Number.isSafeInteger(number);
  return exact && fits ? at.value : undefined;
}
