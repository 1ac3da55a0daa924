import { linearPattern, type LinearPattern } from "../validators/linear-pattern.ts";
import { isRecord } from "./defaults.ts";
import type { TurnsConfig } from "./config.ts";
import { show } from "./fault.ts";
import { valueAt } from "./path.ts";
import type { Tree } from "./relations.ts";
import type { Finding } from "./schema-faults.ts";

const rulesAt = ["turns", "normalise"] as const;

/** What a schema cannot say about the rules for the keys of turns: whether a pattern can be one. */
export function turnFindings(tree: Tree): readonly Finding[] {
  const rules = valueAt(tree.root, rulesAt);
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule: unknown, index): readonly Finding[] => {
    const path = [...rulesAt, index];
    if (!isRecord(rule) || !tree.isSound(path)) return [];
    const { pattern, pointer } = rule;
    if ((pattern === undefined) === (pointer === undefined)) {
      const found = pattern === undefined ? "none of them" : "pattern and pointer";
      return [{ path, part: "value", expected: "one of the keys pattern, pointer", found }];
    }
    if (typeof pattern !== "string") return [];
    const expected = unusable(pattern);
    return expected === null
      ? []
      : [{ path: [...path, "pattern"], part: "value", expected, found: show(pattern) }];
  });
}

/** The rules of a configuration without faults; null where there are none. */
export function keyRulesOf({ normalise }: Pick<TurnsConfig, "normalise">): {
  readonly patterns: readonly LinearPattern[];
  readonly pointers: readonly string[];
} | null {
  if (normalise.length === 0) return null;
  const patterns = normalise.flatMap(({ pattern }) => (pattern === undefined ? [] : [compiled(pattern)]));
  return { patterns, pointers: normalise.flatMap(({ pointer }) => pointer ?? []) };
}

function compiled(source: string): LinearPattern {
  const pattern = linearPattern(source);
  if ("unsupported" in pattern) throw new Error(`a pattern that was checked: ${pattern.unsupported}`);
  return pattern;
}

/** What a pattern should be, where it cannot be used. */
function unusable(source: string): string | null {
  const pattern = linearPattern(source);
  if ("unsupported" in pattern) return `a regular expression without look-ahead (${pattern.unsupported})`;
  // It would be found in every text, and between any two characters.
  return pattern.test("") ? "a pattern that does not match the empty text" : null;
}
