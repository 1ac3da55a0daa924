import { isObject, type Json } from "./answer.ts";

const depthMax = 12;

/** A value that a schema accepts, as far as types, required names, enums and plain bounds go. */
export function valueFor(schema: unknown, root: unknown = schema, depth = 0): unknown {
  if (!isObject(schema) || depth > depthMax) return {};
  if (typeof schema["$ref"] === "string") return valueFor(resolve(schema["$ref"], root), root, depth + 1);
  for (const given of ["const", "default"]) if (given in schema) return schema[given];
  const chosen = [schema["enum"], schema["examples"]].find((list) => Array.isArray(list) && list.length > 0);
  if (Array.isArray(chosen)) return chosen[0];
  const branches = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(branches) && branches.length > 0) return valueFor(branches[0], root, depth + 1);
  if (Array.isArray(schema["allOf"])) return merged(schema, root, depth);
  return ofType(schema, root, depth);
}

function resolve(reference: string, root: unknown): unknown {
  let place = root;
  for (const step of reference.replace(/^#\/?/, "").split("/")) {
    const key = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (key !== "") place = isObject(place) ? place[key] : undefined;
  }
  return place;
}

function merged(schema: Json, root: unknown, depth: number): unknown {
  const { allOf, ...rest } = schema;
  const parts = [rest, ...(Array.isArray(allOf) ? allOf : [])].map((part) => valueFor(part, root, depth + 1));
  return parts.every(isObject) ? Object.assign({}, ...parts) : parts[1];
}

function ofType(schema: Json, root: unknown, depth: number): unknown {
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  switch (type) {
    case "string":
      return text(schema);
    case "integer":
    case "number":
      return number(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return Array.from({ length: whole(schema["minItems"], 0) }, () =>
        valueFor(schema["items"], root, depth + 1),
      );
    default:
      return object(schema, root, depth);
  }
}

function object(schema: Json, root: unknown, depth: number): Json {
  const properties = isObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
  return Object.fromEntries(required.map((name) => [name, valueFor(properties[name], root, depth + 1)]));
}

function text(schema: Json): string {
  const formats: Readonly<Record<string, string>> = {
    "date-time": "2026-11-24T12:00:00Z",
    date: "2026-11-24",
    email: "ada@example.com",
    uri: "https://example.com/",
    uuid: "4f9c3f0e-8f6b-4d0a-9a3e-2b1c5d7e9f01",
  };
  const base = formats[String(schema["format"])] ?? "Paris";
  return base.padEnd(whole(schema["minLength"], 0), "s").slice(0, whole(schema["maxLength"], 1000));
}

function number(schema: Json): number {
  const above = schema["exclusiveMinimum"];
  const least = typeof above === "number" ? above + 1 : Number(schema["minimum"] ?? 1);
  const step = typeof schema["multipleOf"] === "number" ? schema["multipleOf"] : 1;
  const value = Math.ceil(least / step) * step;
  return typeof schema["maximum"] === "number" ? Math.min(value, schema["maximum"]) : value;
}

function whole(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
