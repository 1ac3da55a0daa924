import { memberOf, type JsonNode } from "./json-tree.ts";
import { OverLimit, type Schema, type SchemaNode } from "./schema.ts";
import type { SchemaTree } from "./read-schema.ts";

// Levels of schema and value together. A level is several frames, and the stack that is left when a
// check begins is not known: ordinary tools need some 50 levels, and 1,000 have overflowed.
const walkDepthMax = 400;

/** What a walk over schema and value may cost. Running out of it throws `OverLimit`. */
export class Steps {
  readonly #stepsMax: number;
  #depth = 0;
  spent = 0;

  constructor(stepsMax: number) {
    this.#stepsMax = stepsMax;
  }

  spend(steps: number): void {
    this.spent += steps;
    if (this.spent > this.#stepsMax)
      throw new OverLimit("the schema needs too many steps for these arguments");
  }

  /** One level deeper: one step, and a place on the stack. */
  within<T>(walk: () => T): T {
    this.spend(1);
    this.#depth += 1;
    if (this.#depth > walkDepthMax)
      throw new OverLimit("the schema and the arguments nest too deep together");
    try {
      return walk();
    } finally {
      this.#depth -= 1;
    }
  }
}

/** The characters that a regular expression's instruction is counted against. */
const patternStepsPerVisit = 256;

/**
 * How many schemas a validator visits for this value when every reference is followed as often as
 * it stands there and nothing ends early; `visitsMax + 1` for anything beyond `visitsMax`. Counting
 * stops there, so that what would take a validator hours takes this milliseconds.
 */
export function visitsOf(tree: SchemaTree, root: JsonNode, visitsMax: number): number {
  const steps = new Steps(visitsMax);
  try {
    new VisitCounter(tree, steps).visit(tree.root, root);
    return steps.spent;
  } catch (thrown) {
    if (thrown instanceof OverLimit) return visitsMax + 1;
    throw thrown;
  }
}

class VisitCounter {
  readonly #tree: SchemaTree;
  readonly #steps: Steps;

  constructor(tree: SchemaTree, steps: Steps) {
    this.#tree = tree;
    this.#steps = steps;
  }

  visit(schema: Schema, node: JsonNode): void {
    if (typeof schema === "boolean") this.#steps.spend(1);
    else this.#steps.within(() => this.#visitInside(schema, node));
  }

  #visitInside(schema: SchemaNode, node: JsonNode): void {
    this.#steps.spend(ownCost(this.#tree, schema, node));
    for (const list of [schema.allOf, schema.anyOf, schema.oneOf]) {
      for (const child of list ?? []) this.visit(child, node);
    }
    for (const child of [schema.not, schema.if, schema.then, schema.else]) {
      if (child !== undefined) this.visit(child, node);
    }
    if (schema.$ref !== undefined) this.visit(this.#tree.target(schema.$ref), node);
    for (const child of Object.values(schema.dependentSchemas ?? {})) this.visit(child, node);
    if (node.kind === "object") this.#visitMembers(schema, node);
    if (node.kind === "array") this.#visitElements(schema, node);
  }

  #visitMembers(schema: SchemaNode, node: JsonNode): void {
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const member = memberOf(node, name);
      if (member === undefined) this.#steps.spend(1);
      else this.visit(child, member);
    }
    const patterns = Object.entries(schema.patternProperties ?? {});
    for (const { key, node: member } of node.members) {
      if (schema.propertyNames !== undefined) this.visit(schema.propertyNames, key);
      for (const child of [schema.additionalProperties, schema.unevaluatedProperties]) {
        if (child !== undefined) this.visit(child, member);
      }
      for (const [pattern, child] of patterns) {
        this.#steps.spend(patternCost(this.#tree, pattern, key));
        this.visit(child, member);
      }
    }
  }

  #visitElements(schema: SchemaNode, node: JsonNode): void {
    node.elements.forEach((element, place) => {
      const child = schema.prefixItems?.[place] ?? schema.items;
      for (const applied of [child, schema.contains, schema.unevaluatedItems]) {
        if (applied !== undefined) this.visit(applied, element);
      }
    });
  }
}

/** What a schema costs beside the visit itself. */
function ownCost(tree: SchemaTree, schema: SchemaNode, node: JsonNode): number {
  let cost = (schema.required?.length ?? 0) / 8;
  if (schema.uniqueItems === true) cost += node.size;
  if (schema.enum !== undefined || schema.const !== undefined) cost += choicesSize(schema) / 8;
  if (schema.pattern !== undefined) cost += patternCost(tree, schema.pattern, node);
  return cost;
}

function patternCost(tree: SchemaTree, pattern: string, node: JsonNode): number {
  if (typeof node.value !== "string") return 0;
  return (node.value.length * (tree.patterns.get(pattern)?.size ?? 0)) / patternStepsPerVisit;
}

const sizes = new WeakMap<SchemaNode, number>();

/** Values in `enum` and `const`: each may be compared in depth. */
function choicesSize(schema: SchemaNode): number {
  let size = sizes.get(schema);
  if (size === undefined) {
    size = 0;
    const open: unknown[] = [schema.enum, schema.const];
    for (let at = open.pop(); open.length > 0 || at !== undefined; at = open.pop()) {
      size += 1;
      if (typeof at === "object" && at !== null) for (const one of Object.values(at)) open.push(one);
    }
    sizes.set(schema, size);
  }
  return size;
}
