import { memberOf, type JsonNode } from "./json-tree.ts";
import { OverLimit, type Schema, type SchemaNode } from "./schema.ts";
import type { SchemaTree } from "./read-schema.ts";

/** Levels of schema and value together that a walk may stand deep: beyond it the stack overflows. */
const walkDepthMax = 2_000;

/** What a walk over schema and value may cost. Running out of it throws `OverLimit`. */
export class Steps {
  #left: number;
  #depth = 0;

  constructor(stepsMax: number) {
    this.#left = stepsMax;
  }

  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new OverLimit("the schema needs too many steps for these arguments");
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
 * it stands there and nothing ends early; `visitsMax + 1` for anything beyond `visitsMax`. Each pair
 * of schema and value is counted once, so that the doubling that kills a validator costs little here.
 */
export function visitsOf(tree: SchemaTree, root: JsonNode, visitsMax: number): number {
  const counter = new VisitCounter(tree, new Steps(visitsMax));
  try {
    return Math.min(counter.visits(tree.root, root), visitsMax + 1);
  } catch (thrown) {
    if (thrown instanceof OverLimit) return visitsMax + 1;
    throw thrown;
  }
}

class VisitCounter {
  readonly #tree: SchemaTree;
  readonly #steps: Steps;
  readonly #known = new Map<SchemaNode, Map<JsonNode, number>>();

  constructor(tree: SchemaTree, steps: Steps) {
    this.#tree = tree;
    this.#steps = steps;
  }

  visits(schema: Schema, node: JsonNode): number {
    if (typeof schema === "boolean") return 1;
    let known = this.#known.get(schema);
    if (known === undefined) {
      known = new Map();
      this.#known.set(schema, known);
    }
    const before = known.get(node);
    if (before !== undefined) return before;
    const counted = this.#steps.within(() => this.#count(schema, node));
    known.set(node, counted);
    return counted;
  }

  #count(schema: SchemaNode, node: JsonNode): number {
    let total = ownCost(this.#tree, schema, node);
    for (const child of [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
      total += this.visits(child, node);
    }
    for (const child of [schema.not, schema.if, schema.then, schema.else]) {
      if (child !== undefined) total += this.visits(child, node);
    }
    if (schema.$ref !== undefined) total += this.visits(this.#tree.target(schema.$ref), node);
    for (const child of Object.values(schema.dependentSchemas ?? {})) total += this.visits(child, node);
    if (node.kind === "object") total += this.#members(schema, node);
    if (node.kind === "array") total += this.#elements(schema, node);
    return total;
  }

  #members(schema: SchemaNode, node: JsonNode): number {
    let total = 0;
    for (const [name, child] of Object.entries(schema.properties ?? {})) {
      const member = memberOf(node, name);
      total += member === undefined ? 1 : this.visits(child, member);
    }
    const forAll = [schema.additionalProperties, schema.unevaluatedProperties].filter(
      (one) => one !== undefined,
    );
    const patterns = Object.entries(schema.patternProperties ?? {});
    for (const { key, node: member } of node.members) {
      for (const child of forAll) total += this.visits(child, member);
      if (schema.propertyNames !== undefined) total += this.visits(schema.propertyNames, key);
      for (const [pattern, child] of patterns) {
        total += patternCost(this.#tree, pattern, key) + this.visits(child, member);
      }
    }
    return total;
  }

  #elements(schema: SchemaNode, node: JsonNode): number {
    let total = 0;
    node.elements.forEach((element, place) => {
      const prefix = schema.prefixItems?.[place] ?? schema.items;
      for (const child of [prefix, schema.contains, schema.unevaluatedItems]) {
        if (child !== undefined) total += this.visits(child, element);
      }
    });
    return total;
  }
}

function ownCost(tree: SchemaTree, schema: SchemaNode, node: JsonNode): number {
  let cost = 1 + (schema.required?.length ?? 0) / 8;
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
