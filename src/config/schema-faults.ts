import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import { show } from "./fault.ts";
import { nearest } from "../validators/nearest.ts";
import { type Path, readPointer, valueAt, writePath } from "./path.ts";
import type { Schema } from "./schema.ts";
import { hintFor } from "./hints.ts";

/** What is wrong at a path, before it is known where in the file that is. */
export interface Finding {
  readonly path: Path;
  /** Whether the key itself is wrong, or what stands behind it. */
  readonly part: "key" | "value";
  readonly expected: string;
  readonly found: string;
  readonly hint?: string;
  /** True where a secret may stand there: the place is not shown either. */
  readonly isSecret?: true;
}

/** Holds values against the schema, which is compiled here and not again. */
export function openChecker(schema: Schema): (value: unknown) => readonly Finding[] {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, discriminator: true, allowUnionTypes: true });
  ajv.addKeyword("x-expected");
  ajv.addKeyword("x-secret");
  const validate: ValidateFunction = ajv.compile(schema);
  return (value) => {
    if (validate(value)) return [];
    return onePerPlace((validate.errors ?? []).flatMap((error) => findingOf(schema, value, error)));
  };
}

/** A value of the wrong type also breaks bounds and patterns: the first finding at a place says it all. */
function onePerPlace(findings: readonly Finding[]): readonly Finding[] {
  const byPlace = new Map<string, Finding>();
  for (const finding of findings) {
    const place = `${finding.part} ${writePath(finding.path)}`;
    if (!byPlace.has(place)) byPlace.set(place, finding);
  }
  return [...byPlace.values()];
}

function findingOf(root: Schema, tree: unknown, error: ErrorObject): readonly Finding[] {
  const path = readPointer(error.instancePath, tree);
  const parent = error.parentSchema as Schema;
  const params = error.params as Readonly<Record<string, unknown>>;
  // A bad name is reported twice: by its own rule, and by the rule that names have rules.
  if (error.keyword === "propertyNames") return [];
  if (error.propertyName !== undefined) {
    const name = error.propertyName;
    return [{ path: [...path, name], part: "key", expected: expectation(parent), found: show(name) }];
  }
  if (error.keyword === "additionalProperties") {
    return [unknownKey(root, parent, path, String(params["additionalProperty"]))];
  }
  if (error.keyword === "required") {
    const key = String(params["missingProperty"]);
    if (parent.discriminator?.propertyName === key) return [unknownBranch(parent, path, error.data)];
    const expected = `${expectation(parent.properties?.[key] ?? {})} in the key ${key}`;
    return [{ path: [...path, key], part: "value", expected, found: "nothing" }];
  }
  if (error.keyword === "discriminator") return [unknownBranch(parent, path, error.data)];
  const found = parent["x-secret"] === true && error.data !== null ? notShown : show(error.data);
  const hint = hintFor(path, error.data, parent);
  const said = { expected: expectation(parent), found, ...(hint === undefined ? {} : { hint }) };
  return [{ path, part: "value", ...said, ...secrecy(parent) }];
}

const notShown = "something that is not shown, because it may be the secret itself";

function secrecy(schema: Schema): { readonly isSecret?: true } {
  return schema["x-secret"] === true ? { isSecret: true } : {};
}

function unknownKey(root: Schema, parent: Schema, path: Path, key: string): Finding {
  const keys = Object.keys(parent.properties ?? {});
  const near = nearest(key, keys, 1)[0] ?? elsewhere(root, key);
  const expected = keys.length === 0 ? "no keys here" : `one of the keys ${keys.join(", ")}`;
  const hint = near === undefined ? {} : { hint: `Did you mean ${near}?` };
  const found = `an unknown key, ${show(key)}`;
  // A slip of the pen is shown with its line; behind a word of its own the secret may stand.
  const hidden = near === undefined ? secrecy(parent) : {};
  return { path: [...path, key], part: "key", expected, found, ...hint, ...hidden };
}

/** A key in the wrong section, such as `port` at the top. */
function elsewhere(root: Schema, key: string): string | undefined {
  for (const [name, section] of Object.entries(root.properties ?? {})) {
    if (section.properties !== undefined && Object.hasOwn(section.properties, key)) return `${name}.${key}`;
  }
  return undefined;
}

function unknownBranch(parent: Schema, path: Path, value: unknown): Finding {
  const key = parent.discriminator?.propertyName ?? "";
  const names = (parent.oneOf ?? []).map((branch) => String(branch.properties?.[key]?.const));
  const written = valueAt(value, [key]);
  const near = typeof written === "string" ? nearest(written, names, 1)[0] : undefined;
  const hint = near === undefined ? {} : { hint: `Did you mean ${near}?` };
  return { path: [...path, key], part: "value", expected: oneOf(names), found: show(written), ...hint };
}

/** What a schema lets stand at its place, in words. */
export function expectation(schema: Schema): string {
  const said = schema["x-expected"];
  if (said !== undefined) return said;
  if (schema.const !== undefined) return show(schema.const);
  if (schema.enum !== undefined) return oneOf(schema.enum.map(String));
  if (schema.type === "array") return `a list${count(schema)}${listItems(schema)}`;
  if (schema.type === "object") return objectExpectation(schema);
  if (schema.type === "boolean") return "true or false";
  if (schema.type === "string") return `text${lengths(schema)}`;
  if (schema.type === "integer") return `an integer${bounds(schema)}`;
  if (schema.type === "number") return `a number${bounds(schema)}`;
  return typeof schema.type === "object" ? schema.type.join(" or ") : "another value";
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : `one of ${names.join(", ")}`;
}

function bounds({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}

function lengths({ minLength, maxLength, pattern }: Schema): string {
  const least = minLength === undefined ? "" : ` of at least ${minLength} characters`;
  const most =
    maxLength === undefined ? "" : `${least === "" ? " of" : " and"} at most ${maxLength} characters`;
  return `${least}${most}${pattern === undefined ? "" : ` that matches ${pattern}`}`;
}

function count({ minItems, maxItems }: Schema): string {
  if (minItems !== undefined && maxItems !== undefined) return ` of ${minItems} to ${maxItems}`;
  if (minItems !== undefined) return ` of at least ${minItems}`;
  return maxItems === undefined ? "" : ` of at most ${maxItems}`;
}

function listItems({ items, uniqueItems }: Schema): string {
  if (items?.enum === undefined) return "";
  return ` of ${items.enum.map(String).join(", ")}${uniqueItems === true ? ", each once" : ""}`;
}

function objectExpectation(schema: Schema): string {
  if (schema.maxProperties !== undefined)
    return `at most ${schema.maxProperties} entries, a name before each`;
  const keys = Object.keys(schema.properties ?? {});
  return keys.length === 0 ? "a section of keys" : `a section with keys of ${keys.join(", ")}`;
}
