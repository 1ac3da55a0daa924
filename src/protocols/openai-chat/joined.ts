import { exactObjectOf } from "../../wire/exact-json.ts";
import { numberOf, objectOf } from "../../wire/json-value.ts";

/** Members that say the same in every fragment of a thing, where others go on. */
const labels: ReadonlySet<string> = new Set(["id", "type", "name", "role", "format", "channel"]);

/**
 * What two fragments of a delta's member are together: texts one behind the other, objects member by
 * member, lists one behind the other, elements with an `index` as one where an earlier fragment had the same.
 * Vendors stream fields of their own by this rule, too (`reasoning_content`, `reasoning_details`). A list
 * that is given as `before` grows itself.
 */
export function joined(before: unknown, after: unknown, name: string): unknown {
  if (before === undefined || before === null || before === "") return after ?? before ?? null;
  if (after === undefined || after === null) return before;
  if (typeof before === "string" && typeof after === "string")
    return labels.has(name) ? before : before + after;
  if (Array.isArray(before) && Array.isArray(after)) return joinedLists(before, after);
  return joinedObjects(before, after, joined) ?? after;
}

function joinedLists(before: unknown[], after: readonly unknown[]): readonly unknown[] {
  const earlier = before.length;
  for (const element of after) {
    const place = before.findLastIndex((one, at) => at < earlier && isSame(one, element));
    if (place === -1) before.push(element);
    else before[place] = joined(before[place], element, "");
  }
  return before;
}

function isSame(one: unknown, other: unknown): boolean {
  const index = numberOf(objectOf(other)?.["index"]);
  return (
    index !== undefined &&
    objectOf(one)?.["index"] === index &&
    objectOf(one)?.["type"] === objectOf(other)?.["type"]
  );
}

/**
 * What a member beside the deltas says in the end: the latest word that is not null, of objects the latest
 * of each member.
 */
export function latest(before: unknown, after: unknown): unknown {
  if (after === undefined || after === null) return before ?? null;
  return joinedObjects(before, after, latest) ?? after;
}

/** Two objects member by member; undefined where they are none. */
function joinedObjects(
  before: unknown,
  after: unknown,
  join: (before: unknown, after: unknown, name: string) => unknown,
): unknown {
  const one = exactObjectOf(before);
  const other = exactObjectOf(after);
  if (one === undefined || other === undefined) return undefined;
  const members = new Map(Object.entries(one));
  for (const [name, value] of Object.entries(other)) members.set(name, join(members.get(name), value, name));
  return Object.fromEntries(members);
}
