import { endOfString } from "./json-tree.ts";
import type { PlainShape } from "./plain-shape.ts";
import type { SchemaCheck } from "./schema-check.ts";

// The walks of the full check take four levels for each of these, and end at some hundred.
const levelsMax = 16;

/**
 * Whether arguments fit and nothing about them wants a closer look, as far as that can be told in
 * one go. False says nothing but that the full check has to look.
 */
export function fitsPlainly(
  text: string,
  shape: PlainShape,
  check: SchemaCheck,
  limits: { readonly stepsMax: number },
): boolean {
  if (!text.startsWith("{")) return false;
  try {
    const value: unknown = JSON.parse(text);
    const look = new PlainLook();
    return (
      look.findsNothing(value, shape, levelsMax) &&
      look.steps <= limits.stepsMax &&
      // A name that stands twice is one member of the value and two of the text.
      look.members === membersIn(text) &&
      check(value) === null
    );
  } catch (thrown) {
    // Not JSON, or too little of the stack is left: the full check meets it again, and says so.
    if (thrown instanceof SyntaxError || thrown instanceof RangeError) return false;
    throw thrown;
  }
}

class PlainLook {
  members = 0;
  steps = 0;

  /** Whether all names in the value are known, and no part of it is other than plain. */
  findsNothing(value: unknown, shape: PlainShape, levelsLeft: number): boolean {
    this.steps += shape.cost;
    if (typeof value === "string") this.steps += value.length * shape.costPerCharacter;
    if (typeof value !== "object" || value === null) return true;
    if (levelsLeft === 0) return false;
    if (!Array.isArray(value)) return this.#findsNothingInMembers(value, shape, levelsLeft);
    for (const one of value) {
      if (shape.elements === undefined || !this.findsNothing(one, shape.elements, levelsLeft - 1))
        return false;
    }
    return true;
  }

  #findsNothingInMembers(value: object, shape: PlainShape, levelsLeft: number): boolean {
    // Values that were parsed have no members but their own, `__proto__` included.
    for (const name of Object.keys(value)) {
      const inside = shape.names.get(name) ?? shape.others;
      if (inside === undefined) return false;
      this.members += 1;
      // Each member is held against a `false` for further names, too.
      this.steps += 1;
      if (!this.findsNothing(value[name as keyof typeof value], inside, levelsLeft - 1)) return false;
    }
    return true;
  }
}

/** How many members the objects of a JSON text have, by its colons outside of strings. */
function membersIn(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at) - 1;
    else if (code === 0x3a) members += 1;
  }
  return members;
}
