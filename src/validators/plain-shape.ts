import { Explainer } from "./explain.ts";
import { readJson } from "./json-tree.ts";
import { OverLimit, type Schema, type SchemaNode } from "./schema.ts";
import { survey } from "./survey.ts";
import { Steps, visitsOf } from "./visits.ts";
import type { SchemaTree } from "./read-schema.ts";

/**
 * What the survey of arguments goes by, worked out once for a schema, so that arguments in which it
 * has nothing to find are known without a tree of them.
 */
export interface PlainShape {
  /** At least what each walk of the full check takes for one value, its members and elements aside. */
  readonly cost: number;
  /** The same for each character of a string: patterns. */
  readonly costPerCharacter: number;
  readonly names: ReadonlyMap<string, PlainShape>;
  /** What other members hold; undefined where there may be none, or where that is not plain. */
  readonly others: PlainShape | undefined;
  /** What elements hold; undefined where that is not plain. */
  readonly elements: PlainShape | undefined;
}

type Draft = { -readonly [Key in keyof PlainShape]: PlainShape[Key] };

// Where no schema applies, so that anything may stand and nothing is looked at.
const anything: Draft = {
  cost: 0,
  costPerCharacter: 0,
  names: new Map(),
  others: undefined,
  elements: undefined,
};
anything.others = anything;
anything.elements = anything;

// Reading the shape takes a small part of what compiling the schema took.
const stepsMax = 20_000;
const hopsMax = 3;
const charactersProbed = 256;

const probe = (text: string) => readJson(text, { depthMax: 1 });
const emptyObject = probe("{}");
const emptyString = probe('""');
const longString = probe(`"${"x".repeat(charactersProbed)}"`);
const nullValue = probe("null");
const smallObject = probe('{"":0}');
const smallArray = probe("[0]");

const structural: ReadonlySet<string> = new Set<keyof SchemaNode>([
  "type",
  "properties",
  "required",
  "additionalProperties",
  "minProperties",
  "maxProperties",
  "items",
  "minItems",
  "maxItems",
]);

/** Null where the names of arguments are not plain, or where the schema alone takes too many steps. */
export function plainShapeOf(tree: SchemaTree): PlainShape | null {
  try {
    const reader = new ShapeReader(tree);
    return reader.holderIn(tree.root) === undefined ? null : reader.shapeOf(tree.root);
  } catch (thrown) {
    if (thrown instanceof OverLimit) return null;
    throw thrown;
  }
}

class ShapeReader {
  readonly #tree: SchemaTree;
  readonly #steps = new Steps(stepsMax);
  readonly #known = new Map<Schema, PlainShape>();

  constructor(tree: SchemaTree) {
    this.#tree = tree;
  }

  shapeOf(schema: Schema): PlainShape {
    const known = this.#known.get(schema);
    if (known !== undefined) return known;
    const inside = { names: new Map(), others: undefined, elements: undefined };
    const shape: Draft = { ...this.#costsOf(schema), ...inside };
    // Remembered before what it holds is read: a schema may hold itself.
    this.#known.set(schema, shape);
    const holder = this.holderIn(schema);
    if (holder === undefined) return shape;
    shape.names = this.#namesOf(holder);
    shape.others = this.#othersOf(holder);
    shape.elements = holder.items === undefined ? anything : this.shapeOf(holder.items);
    return shape;
  }

  /** Measured with the walks themselves, on values that bring out all that a schema alone can cost. */
  #costsOf(schema: Schema): { cost: number; costPerCharacter: number } {
    const alone = { ...this.#tree, root: schema };
    const before = this.#steps.spent;
    for (const node of [smallObject, smallArray]) {
      survey(alone, node, new Explainer(alone, this.#steps), this.#steps);
    }
    // The survey asks whether a null fits. One that does not is left to the validator to refuse.
    new Explainer(alone, this.#steps).fits(schema, nullValue);
    this.#steps.spend(visitsOf(alone, emptyObject, stepsMax));
    const cost = this.#steps.spent - before;
    const onString = visitsOf(alone, longString, stepsMax) - visitsOf(alone, emptyString, stepsMax);
    return { cost, costPerCharacter: onString / charactersProbed };
  }

  /** The one schema that speaks of objects and arrays: itself, one referred to, or one beside null. */
  holderIn(schema: Schema, hopsLeft = hopsMax): SchemaNode | undefined {
    if (typeof schema === "boolean") return {};
    const keywords = Object.keys(schema);
    if (keywords.every((keyword) => structural.has(keyword))) return isSimple(schema) ? schema : undefined;
    if (keywords.length > 1 || hopsLeft === 0) return undefined;
    if (schema.$ref !== undefined) return this.holderIn(this.#tree.target(schema.$ref), hopsLeft - 1);
    const [form, ...others] = schema.anyOf?.filter((one) => !isScalar(one)) ?? [];
    return form === undefined || others.length > 0 ? undefined : this.holderIn(form, hopsLeft - 1);
  }

  #namesOf({ properties = {}, required = [] }: SchemaNode): ReadonlyMap<string, PlainShape> {
    const names = new Map<string, PlainShape>();
    for (const name of required) names.set(name, anything);
    for (const [name, child] of Object.entries(properties)) names.set(name, this.shapeOf(child));
    return names;
  }

  #othersOf({ properties, additionalProperties }: SchemaNode): PlainShape | undefined {
    if (additionalProperties === undefined) return properties === undefined ? anything : undefined;
    return additionalProperties === false ? undefined : this.shapeOf(additionalProperties);
  }
}

/** A schema for further members applies to no others here, so that each has one schema at most. */
function isSimple({ properties, required, additionalProperties }: SchemaNode): boolean {
  if (typeof additionalProperties !== "object" || Object.keys(additionalProperties).length === 0) return true;
  return properties === undefined && required === undefined;
}

function isScalar(schema: Schema): boolean {
  if (typeof schema === "boolean" || schema.type === undefined || Object.keys(schema).length > 1)
    return false;
  return !schema.type.includes("object") && !schema.type.includes("array");
}
