import type { Finding } from "./finding.ts";
import type { JsonNode } from "./json-tree.ts";

/**
 * Of several forms that a value may have and fits none of: what keeps it from the closest. A list of
 * every form's complaints is noise, and a model that reads it mends the wrong ones.
 */
export function closestForm(tried: readonly (readonly Finding[])[], at: JsonNode): readonly Finding[] {
  const plain = tried.map((findings) => aboutItself(findings, at));
  if (plain.every((finding) => finding !== undefined)) return merged(plain, at);
  const forms = tried.filter((_, place) => plain[place]?.kind !== "wrong-type");
  let best = forms[0] ?? [];
  let least = Infinity;
  for (const findings of forms) {
    const distance = distanceOf(findings, at);
    if (distance >= least) continue;
    least = distance;
    best = findings;
  }
  return best;
}

/** The one finding of a form that the value itself, not something inside it, does not fit. */
function aboutItself(findings: readonly Finding[], at: JsonNode): Finding | undefined {
  const [first] = findings;
  const simple = first?.at === at && (first.kind === "wrong-type" || first.kind === "enum");
  return findings.length === 1 && simple ? first : undefined;
}

/** `string | null`, or three constants, read as one: "a string or null", "one of …". */
function merged(plain: readonly Finding[], at: JsonNode): readonly Finding[] {
  const choices = plain.flatMap((finding) => (finding.kind === "enum" ? (finding.choices ?? []) : []));
  // Of the right type for one of the forms: then its choices are what is wanted.
  const types = plain.flatMap((finding) => finding.types ?? []);
  if (choices.length === 0) {
    const same = plain.find((finding) => finding.types?.length === new Set(types).size);
    return [same ?? { kind: "wrong-type", at, types }];
  }
  const orNull = types.includes("null") && !choices.includes(null) ? [null] : [];
  return [{ kind: "enum", at, choices: [...new Set(choices), ...orNull] }];
}

function distanceOf(findings: readonly Finding[], at: JsonNode): number {
  let distance = 0;
  for (const finding of findings) distance += weightOf(finding, at);
  return distance;
}

function weightOf(finding: Finding, at: JsonNode): number {
  if (finding.kind === "wrong-type" && finding.at === at) return 1_000;
  // A constant in a member is what tells forms apart: `{"kind": "circle", …}`.
  if (finding.kind === "enum" && finding.choices?.length === 1 && finding.at.parent === at) return 100;
  if (finding.kind === "missing" || finding.kind === "unknown-parameter") return 3;
  return 2;
}
