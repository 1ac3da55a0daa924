import { isRecord } from "./defaults.ts";
import { show } from "./fault.ts";
import type { Path } from "./path.ts";
import type { Finding } from "./schema-faults.ts";

type Written = Readonly<Record<string, unknown>>;

/** Keywords of a schema of parameters that are understood: each parameter is checked for itself. */
const partKeywords = new Set([
  "$schema",
  "$defs",
  "definitions",
  "title",
  "description",
  "type",
  "properties",
  "required",
]);

/** Keywords whose value is no schema, where `$ref` means nothing. */
const opaque = new Set(["enum", "const", "default", "example", "examples"]);

/**
 * Operations of the configuration as an OpenAPI document, so that there is one thing to check. Each
 * schema stands in a place of its own, since its references are about itself.
 */
export function documentOfOperations(
  operations: readonly unknown[],
  at: Path,
): { readonly document: unknown; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const schemas: unknown[] = [];
  const paths = new Map<string, Map<string, unknown>>();
  const put = (schema: unknown): Written => {
    const place = schemas.push(null) - 1;
    schemas[place] = moved(schema, `#/x-schemas/${place}`);
    return { $ref: `#/x-schemas/${place}` };
  };
  for (const [place, operation] of operations.entries()) {
    if (!isRecord(operation)) continue;
    const { method, path, body } = operation;
    const parameters = (["path", "query", "header"] as const).flatMap((where) =>
      parametersOf(operation, where, [...at, place], put, findings),
    );
    const described = body === undefined ? {} : { requestBody: bodyOf(put(body)) };
    const item = paths.get(String(path)) ?? new Map<string, unknown>();
    const key = String(method).toLowerCase();
    if (item.has(key)) {
      const found = `${String(method)} ${String(path)} a second time`;
      findings.push({ path: [...at, place], part: "value", expected: "each operation once", found });
    }
    paths.set(String(path), item.set(key, { parameters, ...described }));
  }
  const items = [...paths].map(([path, item]) => [path, Object.fromEntries(item)] as const);
  const document = { openapi: "3.1.0", paths: Object.fromEntries(items), "x-schemas": schemas };
  return { document, findings };
}

function bodyOf(schema: Written): Written {
  const form = { schema };
  return { required: true, content: { "application/json": form, "application/*": form } };
}

const keyOf = { path: "pathParameters", query: "query", header: "headers" } as const;

function parametersOf(
  operation: Written,
  where: keyof typeof keyOf,
  at: Path,
  put: (schema: unknown) => Written,
  findings: Finding[],
): readonly unknown[] {
  const key = keyOf[where];
  const schema = operation[key];
  const declared = isRecord(schema) ? schema : {};
  for (const keyword of Object.keys(declared)) {
    if (partKeywords.has(keyword)) continue;
    const expected = "properties and required alone: each parameter is checked for itself";
    findings.push({ path: [...at, key, keyword], part: "key", expected, found: show(keyword) });
  }
  const properties = isRecord(declared["properties"]) ? declared["properties"] : {};
  const required = new Set(Array.isArray(declared["required"]) ? (declared["required"] as unknown[]) : []);
  const root = put(declared)["$ref"] as string;
  const names = new Set([...Object.keys(properties), ...required].filter((name) => typeof name === "string"));
  if (where === "path") for (const name of templated(operation["path"])) names.add(name);
  return [...names].map((name) => ({
    name,
    in: where,
    required: where === "path" || required.has(name),
    schema: Object.hasOwn(properties, name)
      ? { $ref: `${root}/properties/${pointerStep(name)}` }
      : { type: "string" },
  }));
}

function templated(path: unknown): readonly string[] {
  return [...String(path).matchAll(/\{([^{}]+)\}/g)].map(([, name = ""]) => name);
}

function pointerStep(name: string): string {
  return encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"));
}

/** The schema as it stands at another place: `#/…` then leads there. */
function moved(schema: unknown, to: string): unknown {
  if (Array.isArray(schema)) return schema.map((one) => moved(one, to));
  if (!isRecord(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (keyword === "$ref" && typeof value === "string" && value.startsWith("#")) {
        return [keyword, `${to}${value.slice(1)}`];
      }
      return [keyword, opaque.has(keyword) ? value : moved(value, to)];
    }),
  );
}
