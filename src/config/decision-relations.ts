import { isRecord } from "./defaults.ts";
import { show } from "./fault.ts";
import { valueAt } from "./path.ts";
import type { Tree } from "./relations.ts";
import type { Finding } from "./schema-faults.ts";

/** Arguments of decisions that are made of segments which their path does not name. */
export function decisionFindings(tree: Tree): readonly Finding[] {
  const tools = valueAt(tree.root, ["tools"]);
  if (!isRecord(tools)) return [];
  return Object.keys(tools).flatMap((name): readonly Finding[] => {
    const at = ["tools", name, "decisions"];
    const mappings = valueAt(tree.root, at);
    if (!Array.isArray(mappings) || !tree.isSound(at)) return [];
    return (mappings as readonly Mapping[]).flatMap(({ path, arguments: templates }, place) => {
      const named = new Set(segmentNames(path));
      return Object.entries(templates).flatMap(([argument, template]): readonly Finding[] => {
        const missing = segmentNames(template).find((one) => !named.has(one));
        if (missing === undefined) return [];
        const expected = `the name of a segment in ${show(path)}, or {/${missing}} for a field of the body`;
        const found = show(`{${missing}}`);
        return [{ path: [...at, place, "arguments", argument], part: "value", expected, found }];
      });
    });
  });
}

interface Mapping {
  readonly path: string;
  readonly arguments: Readonly<Record<string, string>>;
}

function segmentNames(template: string): readonly string[] {
  return [...template.matchAll(/\{([A-Za-z_]\w*)\}/g)].map(([, name = ""]) => name);
}
