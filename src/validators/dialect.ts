import { linearPattern } from "./linear-pattern.ts";
import { isRaw, schemaPositions, type Raw } from "./references.ts";
import type { LinearPattern } from "./linear-pattern.ts";
import type { Schema, TypeName } from "./schema.ts";

/** What a keyword may hold. Anything else is a slip of the schema's author, and not enforced. */
const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

const assertions: Readonly<Record<string, (value: unknown) => boolean>> = {
  enum: (value) => Array.isArray(value) && value.length > 0,
  const: () => true,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => isNumber(value) && Number(value) > 0,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  minContains: isCount,
  maxContains: isCount,
  uniqueItems: (value) => typeof value === "boolean",
  minProperties: isCount,
  maxProperties: isCount,
  required: isNames,
  dependentRequired: (value) => isRaw(value) && Object.values(value).every(isNames),
};

const typeNames: ReadonlySet<string> = new Set<TypeName>([
  "object",
  "array",
  "string",
  "number",
  "integer",
  "boolean",
  "null",
]);

/** What the dialect reader asks of the document reader around it. */
export interface DocumentReader {
  /** The normal form of a subschema. */
  readonly child: (raw: unknown, keyword: string) => Schema;
  /** Says what is not enforced at the place at hand, and that the node is weaker than written. */
  readonly weaken: (sentence: string) => void;
  readonly patterns: Map<string, LinearPattern>;
  readonly formats: ReadonlySet<string>;
}

export type Draft = Record<string, unknown>;

/**
 * The keywords of one schema object, of any draft from 4 on and of OpenAPI 3.0, in the form of
 * 2020-12. Unknown keywords and annotations leave; `$ref` and `nullable` are the caller's.
 */
export function readKeywords(raw: Raw, reader: DocumentReader): Draft {
  const draft: Draft = {};
  for (const [keyword, value] of Object.entries(raw)) {
    const fits = Object.hasOwn(assertions, keyword) ? assertions[keyword] : undefined;
    if (fits === undefined) continue;
    if (fits(value)) draft[keyword] = value;
    else if (!isOldForm(keyword, value)) reader.weaken(`"${keyword}" has a value of a wrong type`);
  }
  exclude(raw, draft, "exclusiveMinimum", "minimum");
  exclude(raw, draft, "exclusiveMaximum", "maximum");
  readType(raw, draft, reader);
  readStrings(raw, draft, reader);
  readSubschemas(raw, draft, reader);
  readItems(raw, draft, reader);
  readDependencies(raw, draft, reader);
  return draft;
}

/** Draft-04: `exclusiveMinimum: true` beside `minimum`; draft-03: `required: true` in a property. */
function isOldForm(keyword: string, value: unknown): boolean {
  const old = keyword === "required" || keyword === "exclusiveMinimum" || keyword === "exclusiveMaximum";
  return old && typeof value === "boolean";
}

function exclude(raw: Raw, draft: Draft, exclusive: string, inclusive: string): void {
  if (raw[exclusive] !== true || draft[inclusive] === undefined) return;
  draft[exclusive] = draft[inclusive];
  delete draft[inclusive];
}

function readType(raw: Raw, draft: Draft, reader: DocumentReader): void {
  const type = raw["type"];
  if (type === undefined) return;
  const names: unknown[] = Array.isArray(type) ? type : [type];
  if (names.length > 0 && names.every((name) => typeof name === "string" && typeNames.has(name))) {
    draft["type"] = [...new Set(names)];
  } else {
    reader.weaken(`the type ${JSON.stringify(type).slice(0, 60)} is none of JSON Schema's`);
  }
}

function readStrings(raw: Raw, draft: Draft, reader: DocumentReader): void {
  const { pattern, format } = raw;
  if (typeof pattern === "string") {
    if (supported(pattern, reader)) draft["pattern"] = pattern;
  } else if (pattern !== undefined) {
    reader.weaken('"pattern" has a value of a wrong type');
  }
  if (typeof format !== "string") return;
  if (reader.formats.has(format)) draft["format"] = format;
  else reader.weaken("");
}

// Compiling takes about a millisecond for each thousand of these.
const patternsSizeMax = 20_000;

function supported(pattern: string, reader: DocumentReader): boolean {
  if (reader.patterns.has(pattern)) return true;
  let left = patternsSizeMax;
  for (const { size } of reader.patterns.values()) left -= size;
  const compiled = left > 0 ? linearPattern(pattern) : { unsupported: "the schema has too many large ones" };
  if ("unsupported" in compiled) {
    reader.weaken(
      `the pattern ${JSON.stringify(pattern.slice(0, 60))} is not enforced: ${compiled.unsupported}`,
    );
    return false;
  }
  reader.patterns.set(pattern, compiled);
  return true;
}

const plainSingles = schemaPositions.single.filter(
  (keyword) => keyword !== "items" && keyword !== "additionalItems",
);

function readSubschemas(raw: Raw, draft: Draft, reader: DocumentReader): void {
  for (const keyword of plainSingles) {
    if (raw[keyword] !== undefined) draft[keyword] = reader.child(raw[keyword], keyword);
  }
  for (const keyword of ["allOf", "anyOf", "oneOf"]) {
    const list = raw[keyword];
    if (Array.isArray(list) && list.length > 0) {
      draft[keyword] = list.map((one, place) => reader.child(one, `${keyword}/${place}`));
    } else if (list !== undefined) {
      reader.weaken(`"${keyword}" is not a list of schemas`);
    }
  }
  for (const keyword of ["properties", "dependentSchemas"]) {
    if (raw[keyword] !== undefined) draft[keyword] = readMap(raw[keyword], keyword, reader);
  }
  readPatternProperties(raw["patternProperties"], draft, reader);
}

function readMap(map: unknown, keyword: string, reader: DocumentReader): Record<string, Schema> {
  if (!isRaw(map)) {
    reader.weaken(`"${keyword}" is not an object of schemas`);
    return {};
  }
  const read: Record<string, Schema> = {};
  for (const [name, raw] of Object.entries(map)) {
    // An assignment to this name would change the object's prototype.
    if (name !== "__proto__") read[name] = reader.child(raw, `${keyword}/${name}`);
  }
  return read;
}

function readPatternProperties(map: unknown, draft: Draft, reader: DocumentReader): void {
  if (!isRaw(map)) return;
  const read: Record<string, Schema> = {};
  let all = true;
  for (const [pattern, raw] of Object.entries(map)) {
    if (pattern !== "__proto__" && supported(pattern, reader)) {
      read[pattern] = reader.child(raw, `patternProperties/${pattern}`);
    } else all = false;
  }
  draft["patternProperties"] = read;
  // Which names the pattern would have allowed is not known, so none may be refused.
  if (!all) draft["additionalProperties"] = true;
}

/** The list form of `items`, and `additionalItems`, are `prefixItems` and `items` since 2020-12. */
function readItems(raw: Raw, draft: Draft, reader: DocumentReader): void {
  const { items, prefixItems, additionalItems } = raw;
  const list = Array.isArray(items) ? items : prefixItems;
  const keyword = Array.isArray(items) ? "items" : "prefixItems";
  if (Array.isArray(list) && list.length > 0) {
    draft["prefixItems"] = list.map((one, place) => reader.child(one, `${keyword}/${place}`));
  }
  if (Array.isArray(items)) {
    if (additionalItems !== undefined) draft["items"] = reader.child(additionalItems, "additionalItems");
  } else if (items !== undefined) {
    draft["items"] = reader.child(items, "items");
  }
}

function readDependencies(raw: Raw, draft: Draft, reader: DocumentReader): void {
  const { dependencies } = raw;
  if (!isRaw(dependencies)) return;
  const names: Record<string, unknown> = { ...(draft["dependentRequired"] as object | undefined) };
  const schemas: Record<string, unknown> = { ...(draft["dependentSchemas"] as object | undefined) };
  for (const [name, dependency] of Object.entries(dependencies)) {
    if (name === "__proto__") continue;
    if (isNames(dependency)) names[name] = dependency;
    else schemas[name] = reader.child(dependency, `dependencies/${name}`);
  }
  draft["dependentRequired"] = names;
  draft["dependentSchemas"] = schemas;
}

const bound = ["enum", "const", "allOf", "anyOf", "oneOf", "not", "$ref"];

/** OpenAPI 3.0's `nullable: true` beside whatever else the schema says. */
export function orNull(draft: Draft): Draft {
  const types = draft["type"];
  if (Array.isArray(types) && !bound.some((keyword) => keyword in draft)) {
    return { ...draft, type: [...new Set([...types, "null"])] };
  }
  return { anyOf: [draft, { type: ["null"] }] };
}
