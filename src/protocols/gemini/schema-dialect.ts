import { JsonTextError } from "../../wire/json-scan.ts";
import { arrayOf, objectOf, stringOf, type JsonObject } from "../../wire/json-value.ts";

// The `Schema` of a function's parameters is a subset of OpenAPI 3.0 as a protobuf message: types in
// capitals, `nullable` beside them, integers as strings, either spelling of a field
// (https://ai.google.dev/api/caching#Schema, https://spec.openapis.org/oas/v3.0.3#schema-object).

/** `Type` by its name, in any case, and by its number. */
const types = ["TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"];

/** Fields that have one other name, or another spelling, in JSON Schema. */
const renamed: Readonly<Record<string, string>> = {
  any_of: "anyOf",
  max_items: "maxItems",
  min_items: "minItems",
  max_length: "maxLength",
  min_length: "minLength",
  max_properties: "maxProperties",
  min_properties: "minProperties",
  additional_properties: "additionalProperties",
  ref: "$ref",
  defs: "$defs",
};

/** Numbers that are 64 bits wide, which protobuf JSON writes as strings. */
const counts = new Set(["maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"]);

/** What the type is told by, and what says nothing about a value. */
const consumed = new Set(["type", "nullable", "enum", "propertyOrdering", "property_ordering", "example"]);

/**
 * The same schema in JSON Schema, so that arguments can be held against it. A pure function of the
 * text; a text that is no schema comes back as it is, for whoever checks it to find that out.
 */
export function toJsonSchema(schemaText: string): string {
  let schema: unknown;
  try {
    schema = JSON.parse(schemaText);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof JsonTextError) return schemaText;
    throw error;
  }
  const object = objectOf(schema);
  return object === undefined ? schemaText : JSON.stringify(translated(object));
}

function translated(schema: JsonObject): JsonObject {
  const fields: [string, unknown][] = [];
  const type = typeOf(schema["type"]);
  const nullable = schema["nullable"] === true;
  if (type !== undefined) fields.push(["type", nullable && type !== "null" ? [type, "null"] : type]);
  if (Array.isArray(schema["enum"]) && schema["enum"].length > 0) {
    const values = schema["enum"].map((value: unknown) => enumValue(value, type));
    fields.push(["enum", nullable ? [...values, null] : values]);
  }
  for (const [key, value] of Object.entries(schema)) {
    if (!consumed.has(key) && value !== null) fields.push(fieldIn(renamed[key] ?? key, value));
  }
  const whole = Object.fromEntries(fields);
  // Without a type of its own it is the branches, or the schema referred to, that would refuse null.
  return nullable && type === undefined && (whole["anyOf"] !== undefined || whole["$ref"] !== undefined)
    ? { anyOf: [whole, { type: "null" }] }
    : whole;
}

function fieldIn(key: string, value: unknown): [string, unknown] {
  switch (key) {
    case "properties":
    case "$defs":
      return [key, mapped(value)];
    case "items":
    case "additionalProperties":
      return [key, nested(value)];
    case "anyOf":
    case "prefixItems":
      return [key, arrayOf(value).map(nested)];
    case "$ref":
      return [key, stringOf(value)?.replace(/^#\/defs\//, "#/$defs/")];
    default:
      return [key, counts.has(key) ? countOf(value) : value];
  }
}

/** The names in such an object are the author's own. */
function mapped(value: unknown): unknown {
  const schemas = objectOf(value);
  if (schemas === undefined) return value;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, nested(schema)]));
}

function nested(value: unknown): unknown {
  const schema = objectOf(value);
  return schema === undefined ? value : translated(schema);
}

function typeOf(value: unknown): string | undefined {
  const name = typeof value === "number" ? types[value] : stringOf(value)?.toUpperCase();
  return name === undefined || name === types[0] ? undefined : name.toLowerCase();
}

/** Choices are strings whatever the type: `{"type": "INTEGER", "format": "enum", "enum": ["101"]}`. */
function enumValue(value: unknown, type: string | undefined): unknown {
  const isNumber = type === "integer" || type === "number";
  return isNumber && typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))
    ? Number(value)
    : value;
}

function countOf(value: unknown): unknown {
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
}
