import { isRaw, type Raw } from "../references.ts";
import { follow } from "./reference.ts";
import type { TypeName } from "../schema.ts";

// Forms of forms: what is beyond these changes nothing about how a parameter is written.
const schemasMax = 1_000;

/**
 * What of a schema decides how a value is written as text: its types, its elements, its members.
 * The union over all forms that it has, because the form is not known before the value is.
 */
export class Shape {
  readonly #root: unknown;
  readonly #schemas: readonly Raw[];
  /** How many elements have a schema of their own; all behind them share one. */
  readonly #listed: number;
  readonly #elements = new Map<number, Shape>();
  #types: ReadonlySet<TypeName> | null | undefined;

  constructor(root: unknown, schema: unknown) {
    this.#root = root;
    this.#schemas = applied(root, schema);
    this.#listed = this.#schemas.reduce((most, { prefixItems }) => {
      return Math.max(most, Array.isArray(prefixItems) ? prefixItems.length : 0);
    }, 0);
  }

  /** Null where every type may be. */
  get types(): ReadonlySet<TypeName> | null {
    if (this.#types === undefined) this.#types = this.#readTypes();
    return this.#types;
  }

  may(type: TypeName): boolean {
    return this.types?.has(type) === true;
  }

  get names(): readonly string[] {
    return [
      ...new Set(this.#schemas.flatMap(({ properties }) => Object.keys(isRaw(properties) ? properties : {}))),
    ];
  }

  member(name: string): Shape {
    return this.#union(
      this.#schemas.map(({ properties, additionalProperties }) =>
        isRaw(properties) && Object.hasOwn(properties, name) ? properties[name] : additionalProperties,
      ),
    );
  }

  element(place: number): Shape {
    const own = Math.min(place, this.#listed);
    const known = this.#elements.get(own);
    if (known !== undefined) return known;
    const made = this.#elementAt(own);
    this.#elements.set(own, made);
    return made;
  }

  #elementAt(place: number): Shape {
    return this.#union(
      this.#schemas.map(({ prefixItems, items }) =>
        Array.isArray(prefixItems) && place < prefixItems.length ? (prefixItems[place] as unknown) : items,
      ),
    );
  }

  #union(schemas: readonly unknown[]): Shape {
    const known = schemas.filter(isRaw);
    return new Shape(this.#root, known.length === 1 ? known[0] : { anyOf: known });
  }

  #readTypes(): ReadonlySet<TypeName> | null {
    const found = new Set<TypeName>();
    for (const schema of this.#schemas) for (const type of ownTypes(schema)) found.add(type);
    return found.size === 0 ? null : found;
  }
}

/** The schema and every one that is about the same value. */
function applied(root: unknown, schema: unknown): readonly Raw[] {
  const found = new Set<Raw>();
  const open = [schema];
  for (let at = open.pop(); open.length > 0 || at !== undefined; at = open.pop()) {
    if (!isRaw(at) || found.has(at) || found.size >= schemasMax) continue;
    found.add(at);
    if (at["$ref"] !== undefined) {
      const target = follow(root, at["$ref"]);
      if ("value" in target) open.push(target.value);
    }
    for (const keyword of ["allOf", "anyOf", "oneOf"]) {
      const forms = at[keyword];
      if (Array.isArray(forms)) for (const form of forms as readonly unknown[]) open.push(form);
    }
  }
  return [...found];
}

function ownTypes(schema: Raw): readonly TypeName[] {
  const { type, nullable } = schema;
  const types = new Set<TypeName>(
    (Array.isArray(type) ? type : type === undefined ? [] : [type]) as readonly TypeName[],
  );
  if (types.size === 0) for (const one of impliedTypes(schema)) types.add(one);
  if (nullable === true && types.size > 0) types.add("null");
  return [...types];
}

/** Many leave the type out where something else says it. */
function impliedTypes(schema: Raw): readonly TypeName[] {
  const choices = Array.isArray(schema["enum"]) ? (schema["enum"] as unknown[]) : [];
  const values = schema["const"] === undefined ? choices : [...choices, schema["const"]];
  if (values.length > 0) return values.map(typeOf);
  if (schema["properties"] !== undefined) return ["object"];
  return schema["items"] !== undefined || schema["prefixItems"] !== undefined ? ["array"] : [];
}

function typeOf(value: unknown): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "number" || type === "boolean" || type === "string" ? type : "object";
}
