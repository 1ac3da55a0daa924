import type { Schema } from "./schema.ts";

/**
 * The value with every absent key filled in from the schema. A section that is there but empty
 * (`limits:` above nothing but comments is null in YAML) counts as absent, unless its default would
 * put something in: then the fault has to be seen. Values that do not fit the schema stay as they are.
 */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (isAbsent(schema, value)) {
    if (schema.default !== undefined) return withDefaults(schema, schema.default);
    return isSection(schema) ? fillKeys(schema, {}) : value;
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => withDefaults(items, item));
  }
  if (!isRecord(value)) return value;
  const branch = schema.oneOf === undefined ? schema : branchOf(schema, value);
  return branch === undefined ? value : fillKeys(branch, value);
}

/**
 * The value as it is held against the schema: without its empty sections, and with the key that
 * picks a branch where a section leaves that to its default (`ledger: { file: x.db }`).
 */
export function prepared(schema: Schema, value: unknown): unknown {
  if (value === null && isAbsent(schema, value)) return prepared(schema, {});
  if (!isRecord(value)) return value;
  const kept: [string, unknown][] = [];
  const kindKey = schema.discriminator?.propertyName;
  if (kindKey !== undefined && !Object.hasOwn(value, kindKey) && isRecord(schema.default)) {
    kept.push([kindKey, schema.default[kindKey]]);
  }
  for (const [key, child] of Object.entries(value)) {
    const childSchema = propertyOf(schema, key);
    kept.push([key, childSchema === undefined ? child : prepared(childSchema, child)]);
  }
  return Object.fromEntries(kept);
}

/** The branch of `oneOf` that the discriminating key picks, or undefined where none is of that name. */
function branchOf(schema: Schema, value: Readonly<Record<string, unknown>>): Schema | undefined {
  const key = schema.discriminator?.propertyName;
  if (key === undefined) return undefined;
  return schema.oneOf?.find((branch) => branch.properties?.[key]?.const === value[key]);
}

function isAbsent(schema: Schema, value: unknown): boolean {
  if (value === undefined) return true;
  if (value !== null) return false;
  if (isSection(schema) || (schema.discriminator !== undefined && schema.default !== undefined)) return true;
  return isRecord(schema.default) && Object.keys(schema.default).length === 0;
}

function isSection(schema: Schema): boolean {
  return schema.type === "object" && schema.properties !== undefined && schema.required === undefined;
}

function fillKeys(schema: Schema, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const filled: [string, unknown][] = [];
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    const found = withDefaults(child, Object.hasOwn(value, key) ? value[key] : undefined);
    if (found !== undefined) filled.push([key, found]);
  }
  const { additionalProperties: others } = schema;
  for (const [key, child] of Object.entries(value)) {
    if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) continue;
    filled.push([key, typeof others === "object" ? withDefaults(others, child) : child]);
  }
  // Entries, because assigning would lose a key called `__proto__`.
  return Object.fromEntries(filled);
}

function propertyOf(schema: Schema, key: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
