import { memberOf, type JsonNode } from "./json-tree.ts";
import type { Explainer } from "./explain.ts";
import type { Schema, SchemaNode } from "./schema.ts";
import type { SchemaTree } from "./read-schema.ts";
import type { Steps } from "./visits.ts";

/** A member that no schema of its object names, with the names that are known there. */
interface UnknownMember {
  readonly object: JsonNode;
  readonly place: number;
  readonly name: string;
  readonly known: readonly string[];
}

/** An explicit null for an optional parameter whose schema has no null. */
interface NullMember {
  readonly object: JsonNode;
  readonly place: number;
}

export interface Survey {
  readonly unknown: readonly UnknownMember[];
  readonly nulls: readonly NullMember[];
}

/**
 * What JSON Schema does not say of arguments, and a tool does not expect: names that no schema
 * knows, and nulls that stand for "not given". An object is closed where its schema has `properties`
 * and nothing that speaks of further names; what is known is the union over every form it may have.
 */
export function survey(tree: SchemaTree, root: JsonNode, explainer: Explainer, steps: Steps): Survey {
  const surveyor = new Surveyor(tree, explainer, steps);
  surveyor.look(root, [tree.root]);
  return surveyor;
}

/**
 * What a schema says of the names of an object.
 * - `named`: it lists them, and no others
 * - `open`: it speaks of further ones, or wants no more than an object
 * - `silent`: nothing (a condition such as `required` alone, or no object at all)
 */
type Openness = "named" | "open" | "silent";

class Surveyor implements Survey {
  readonly unknown: UnknownMember[] = [];
  readonly nulls: NullMember[] = [];
  readonly #tree: SchemaTree;
  readonly #explainer: Explainer;
  readonly #steps: Steps;
  readonly #openness = new Map<SchemaNode, Openness>();

  constructor(tree: SchemaTree, explainer: Explainer, steps: Steps) {
    this.#tree = tree;
    this.#explainer = explainer;
    this.#steps = steps;
  }

  look(node: JsonNode, applied: readonly Schema[]): void {
    if (node.size === 1 || applied.length === 0) return;
    this.#steps.within(() => {
      const all = this.#closure(applied);
      if (node.kind === "array") this.#lookInArray(node, all);
      else this.#lookInObject(node, applied, all);
    });
  }

  /** Every schema that may apply to the value at hand, each once. */
  #closure(applied: readonly Schema[]): readonly SchemaNode[] {
    const found = new Set<SchemaNode>();
    const open: Schema[] = [...applied];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (typeof at === "boolean" || found.has(at)) continue;
      this.#steps.spend(1);
      found.add(at);
      for (const child of formsOf(at)) open.push(child);
      for (const child of firmOf(at, this.#tree)) open.push(child);
    }
    return [...found];
  }

  #lookInArray(node: JsonNode, all: readonly SchemaNode[]): void {
    node.elements.forEach((element, place) => {
      if (element.size === 1) return;
      const applied = new Set<Schema>();
      for (const schema of all) {
        for (const child of [schema.prefixItems?.[place] ?? schema.items, schema.contains]) {
          if (child !== undefined) applied.add(child);
        }
      }
      this.look(element, [...applied]);
    });
  }

  #lookInObject(node: JsonNode, applied: readonly Schema[], all: readonly SchemaNode[]): void {
    const required = new Set<string>();
    const known = new Set<string>();
    for (const schema of all) {
      for (const name of Object.keys(schema.properties ?? {})) known.add(name);
      for (const name of schema.required ?? []) required.add(name);
      for (const names of Object.values(schema.dependentRequired ?? {}))
        for (const name of names) required.add(name);
    }
    this.#steps.spend((known.size + required.size) / 8);
    // A name that must be given is known, even where nothing else is said of it.
    const names = [...known.union(required)];
    const closed = this.#isClosed(applied);
    node.members.forEach(({ name, node: member }, place) => {
      if (!known.has(name) && !required.has(name)) {
        if (closed) this.unknown.push({ object: node, place, name, known: names });
        else this.look(member, this.#appliedToOther(all, name));
        return;
      }
      const schemas = appliedTo(all, name);
      if (member.kind === "null" && !required.has(name) && this.#refusesNull(schemas, member)) {
        this.nulls.push({ object: node, place });
      } else if (memberOf(node, name) === member) {
        this.look(member, schemas);
      }
    });
  }

  #refusesNull(schemas: readonly Schema[], member: JsonNode): boolean {
    return schemas.length > 0 && schemas.every((schema) => !this.#explainer.fits(schema, member));
  }

  #appliedToOther(all: readonly SchemaNode[], name: string): readonly Schema[] {
    const applied = new Set<Schema>();
    for (const schema of all) {
      for (const child of [schema.additionalProperties, schema.unevaluatedProperties]) {
        if (child !== undefined) applied.add(child);
      }
      for (const [pattern, child] of Object.entries(schema.patternProperties ?? {})) {
        this.#steps.spend(1 + name.length / 64);
        if (this.#tree.patterns.get(pattern)?.test(name) === true) applied.add(child);
      }
    }
    return [...applied];
  }

  /** Several schemas here come from several forms of the object around: one open form is enough. */
  #isClosed(applied: readonly Schema[]): boolean {
    const each = new Set(applied.map((schema) => this.#opennessOf(schema)));
    return each.has("named") && !each.has("open");
  }

  #opennessOf(schema: Schema): Openness {
    if (typeof schema === "boolean") return schema ? "open" : "silent";
    const known = this.#openness.get(schema);
    if (known !== undefined) return known;
    const judged = this.#steps.within(() => this.#judgeOpenness(schema));
    this.#openness.set(schema, judged);
    return judged;
  }

  #judgeOpenness(schema: SchemaNode): Openness {
    if (!admitsObjects(schema)) return "silent";
    if (saysMore(schema)) return "open";
    const lists = schema.properties !== undefined || schema.additionalProperties === false;
    const firm = firmOf(schema, this.#tree).filter((child) => saysAnything(child));
    const firmly = new Set(firm.map((child) => this.#opennessOf(child)));
    if (this.#anySaysMore(firm)) return "open";
    const forms = formsOf(schema);
    if (this.#anySaysMore(forms)) return "open";
    if (lists || schema.unevaluatedProperties === false || firmly.has("named")) return "named";
    // Nothing but forms: each that an object may have must list its names.
    const each = new Set(forms.map((form) => this.#opennessOf(form)));
    if (each.has("open") || firmly.has("open")) return "open";
    if (each.has("named")) return "named";
    const wantsObject = schema.type?.includes("object") === true || !saysAnything(schema);
    return wantsObject ? "open" : "silent";
  }

  /** Whether any of the schemas, or what they are made of, speaks of further names. */
  #anySaysMore(schemas: readonly Schema[]): boolean {
    return this.#closure(schemas).some((schema) => saysMore(schema));
  }
}

/** Schemas that apply to the same value whatever it is. */
function firmOf(schema: SchemaNode, tree: SchemaTree): Schema[] {
  const firm = [...(schema.allOf ?? [])];
  if (schema.$ref !== undefined) firm.push(tree.target(schema.$ref));
  return firm;
}

/** Schemas that apply to the same value where it has that form. */
function formsOf(schema: SchemaNode): Schema[] {
  const conditional = [schema.if, schema.then, schema.else].filter((one) => one !== undefined);
  return conditional.concat(
    schema.anyOf ?? [],
    schema.oneOf ?? [],
    Object.values(schema.dependentSchemas ?? {}),
  );
}

function appliedTo(all: readonly SchemaNode[], name: string): readonly Schema[] {
  const applied = new Set<Schema>();
  for (const { properties } of all) {
    const child = properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (child !== undefined) applied.add(child);
  }
  return [...applied];
}

function admitsObjects(schema: SchemaNode): boolean {
  if (schema.type !== undefined && !schema.type.includes("object")) return false;
  if (schema.const !== undefined && (typeof schema.const !== "object" || schema.const === null)) return false;
  return (
    schema.enum === undefined || schema.enum.some((choice) => typeof choice === "object" && choice !== null)
  );
}

/** Keywords that speak of names beyond `properties`. `false` closes the object, so it is none. */
function saysMore(schema: SchemaNode): boolean {
  const { additionalProperties, unevaluatedProperties, patternProperties, propertyNames } = schema;
  return (
    (additionalProperties !== undefined && additionalProperties !== false) ||
    (unevaluatedProperties !== undefined && unevaluatedProperties !== false) ||
    patternProperties !== undefined ||
    propertyNames !== undefined
  );
}

function saysAnything(schema: Schema): boolean {
  return typeof schema === "boolean" ? !schema : Object.keys(schema).length > 0;
}
