import { isRecord } from "./defaults.ts";
import { show } from "./fault.ts";
import { valueAt } from "./path.ts";
import type { Tree } from "./relations.ts";
import type { Finding } from "./schema-faults.ts";

/** Rules of tools that no call can ever reach, because an earlier one fits all that they fit. */
export function toolRuleFindings(tree: Tree): readonly Finding[] {
  const tools = valueAt(tree.root, ["tools"]);
  if (!isRecord(tools)) return [];
  return Object.keys(tools).flatMap((name): readonly Finding[] => {
    const path = ["tools", name, "rules"];
    const rules = valueAt(tree.root, path);
    if (!Array.isArray(rules) || !tree.isSound(path)) return [];
    return (rules as readonly Rule[]).flatMap((rule, index): readonly Finding[] => {
      const before = rules.findIndex((earlier: Rule, at) => at < index && covers(earlier, rule));
      if (before < 0) return [];
      const hint = `The first rule that fits counts: rules[${before}] takes all that this one is for.`;
      const at = { path: [...path, index, "path"], part: "value", found: show(rule.path) } as const;
      return [{ ...at, expected: "a rule that some call can reach", hint }];
    });
  });
}

interface Rule {
  readonly path: string;
  readonly methods?: readonly string[];
}

function covers(earlier: Rule, rule: Rule): boolean {
  if (earlier.path !== rule.path && earlier.path !== "/**") return false;
  if (earlier.methods === undefined) return true;
  return rule.methods?.every((method) => earlier.methods?.includes(method)) === true;
}
