import type { JsonMember, JsonNode } from "./json-tree.ts";

/** A replacement of `text.slice(start, end)`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Carries out edits that do not overlap; every character outside them stays. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let at = 0;
  let edited = "";
  for (const edit of edits.toSorted((one, other) => one.start - other.start)) {
    edited += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return edited + text.slice(at);
}

/** Removes members of one object, given by their places in it, with the right commas. */
export function removeMembers(object: JsonNode, places: ReadonlySet<number>): Edit[] {
  const edits: Edit[] = [];
  let kept = false;
  object.members.forEach((member, place) => {
    if (!places.has(place)) {
      kept = true;
      return;
    }
    const before = object.members[place - 1];
    const after = object.members[place + 1];
    // Behind a kept member its comma goes too; before the first kept one, the comma that follows.
    if (kept && before !== undefined) edits.push({ start: before.node.end, end: member.node.end, text: "" });
    else edits.push({ start: member.key.start, end: after?.key.start ?? member.node.end, text: "" });
  });
  return edits;
}

/** Which members leave, by the object that holds them. */
export type Removals = ReadonlyMap<JsonNode, ReadonlySet<number>>;

/** The tree as if the members were not there. What stays keeps its place in the text. */
export function without(root: JsonNode, removals: Removals): JsonNode {
  if (removals.size === 0) return root;
  const copy = (node: JsonNode, parent: JsonNode | null): JsonNode => {
    const members: JsonMember[] = [];
    const elements: JsonNode[] = [];
    const copied = { ...node, parent, members, elements, size: 1 };
    const leaving = removals.get(node);
    node.members.forEach((member, place) => {
      if (leaving?.has(place) === true) return;
      const kept = copy(member.node, copied);
      members.push({ name: member.name, key: { ...member.key, parent: copied }, node: kept });
      copied.size += kept.size;
    });
    for (const element of node.elements) {
      const kept = copy(element, copied);
      elements.push(kept);
      copied.size += kept.size;
    }
    return copied;
  };
  return copy(root, null);
}
