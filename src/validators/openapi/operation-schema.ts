import { isRaw, schemaPositions, type Raw } from "../references.ts";
import { OverLimit } from "../schema.ts";
import { follow } from "./reference.ts";
import type { ApiDocument, Operation, ParameterPlace, TypedForm } from "./operation.ts";

const singles: ReadonlySet<string> = new Set(schemaPositions.single);
const lists: ReadonlySet<string> = new Set(schemaPositions.list);
const maps: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);
/** What else is checked; descriptions, examples and the rest are not part of any check. */
const kept: ReadonlySet<string> = new Set(
  (
    "type nullable enum const pattern format required dependentRequired minimum maximum exclusiveMinimum " +
    "exclusiveMaximum multipleOf minLength maxLength minItems maxItems minContains maxContains uniqueItems " +
    "minProperties maxProperties"
  ).split(" "),
);

// As many as the reader of schemas takes.
const schemasMax = 20_000;

export interface SchemaRules {
  readonly unknownParameters: "pass" | "refuse";
  /** Headers, in lower case, that the gateway adds itself: a caller need not send them. */
  readonly suppliedHeaders: ReadonlySet<string>;
}

/**
 * One schema for everything of a call: its path, query and header parameters and its body, each below
 * its own name, with all that they refer to. Throws `OverLimit`.
 */
export function operationSchema(
  document: ApiDocument,
  operation: Operation,
  body: TypedForm | null,
  rules: SchemaRules,
): string {
  const copy = new SchemaCopy(document, body?.type === "multipart/form-data");
  const section = (place: ParameterPlace, closed: boolean): unknown => {
    const own = operation.parameters.filter((one) => one.in === place);
    const name = (one: string): string => (place === "header" ? one.toLowerCase() : one);
    const properties = own.map((one): [string, unknown] => [
      name(one.name),
      one.allowEmptyValue ? { anyOf: [copy.of(one.schema), { const: "" }] } : copy.of(one.schema),
    ]);
    const required = own
      .filter((one) => one.required && !(place === "header" && rules.suppliedHeaders.has(name(one.name))))
      .map((one) => name(one.name));
    const base = { type: "object", properties: Object.fromEntries(properties), required };
    return closed ? { ...base, additionalProperties: false } : base;
  };
  const closed = rules.unknownParameters === "refuse" && !operation.openQuery;
  const properties: [string, unknown][] = [
    ["path", section("path", false)],
    ["query", section("query", closed)],
    ["header", section("header", false)],
  ];
  if (body !== null && body.form.schema !== undefined) properties.push(["body", copy.of(body.form.schema)]);
  else if (body === null && operation.body === null && closed) properties.push(["body", false]);
  const required = operation.body?.required === true ? ["body"] : [];
  const root = { type: "object", properties: Object.fromEntries(properties), required };
  return JSON.stringify({ ...root, $defs: copy.targets() });
}

/** A schema without what is not checked, its references numbered. */
class SchemaCopy {
  readonly #document: ApiDocument;
  /** In a multipart body, files are parts and not values. */
  readonly #hasFiles: boolean;
  readonly #numbers = new Map<unknown, number>();
  readonly #referents: unknown[] = [];
  #size = 0;

  constructor(document: ApiDocument, hasFiles: boolean) {
    this.#document = document;
    this.#hasFiles = hasFiles;
  }

  /** What references lead to. Copying one can find further ones, which then stand behind it. */
  targets(): readonly unknown[] {
    const targets: unknown[] = [];
    for (let number = 0; number < this.#referents.length; number += 1) {
      targets.push(this.of(this.#referents[number]));
    }
    return targets;
  }

  of(schema: unknown): unknown {
    this.#size += 1;
    if (this.#size > schemasMax) throw new OverLimit(`the schema has more than ${schemasMax} parts`);
    if (!isRaw(schema)) return schema ?? true;
    if (this.#hasFiles && isFile(schema)) return true;
    const reference = schema["$ref"];
    const ref = reference === undefined ? [] : [["$ref", `#/$defs/${this.#numberOf(reference)}`] as const];
    // Whatever stands beside a reference is ignored in 3.0.
    if (ref.length > 0 && this.#document.isOld) return Object.fromEntries(ref);
    const entries = Object.entries(schema).flatMap(([keyword, value]): (readonly [string, unknown])[] => {
      if (keyword === "required") return [[keyword, this.#required(schema, value)]];
      if (lists.has(keyword) && Array.isArray(value)) {
        return [[keyword, (value as readonly unknown[]).map((one) => this.of(one))]];
      }
      if (singles.has(keyword)) return [[keyword, this.of(value)]];
      if (maps.has(keyword) && isRaw(value)) return [[keyword, this.#map(value)]];
      return kept.has(keyword) ? [[keyword, value]] : [];
    });
    return Object.fromEntries([...ref, ...entries]);
  }

  #map(map: Raw): unknown {
    return Object.fromEntries(Object.entries(map).map(([name, one]) => [name, this.of(one)]));
  }

  /** What is only read is not asked of who writes (OpenAPI 3.1, 4.8.24.2; JSON Schema validation, 9.4). */
  #required({ properties }: Raw, required: unknown): unknown {
    if (!Array.isArray(required) || !isRaw(properties)) return required;
    return (required as readonly unknown[]).filter(
      (name) =>
        typeof name !== "string" || !Object.hasOwn(properties, name) || !this.#isOnlyRead(properties[name]),
    );
  }

  #isOnlyRead(schema: unknown): boolean {
    if (!isRaw(schema)) return false;
    if (schema["readOnly"] === true) return true;
    const target = schema["$ref"] === undefined ? undefined : follow(this.#document.root, schema["$ref"]);
    return (
      target !== undefined && "value" in target && isRaw(target.value) && target.value["readOnly"] === true
    );
  }

  #numberOf(reference: unknown): number {
    const found = follow(this.#document.root, reference);
    // Reading the document left only references that lead somewhere.
    const target = "value" in found ? found.value : true;
    const known = this.#numbers.get(target);
    if (known !== undefined) return known;
    const number = this.#referents.push(target) - 1;
    this.#numbers.set(target, number);
    return number;
  }
}

/** Bytes that a schema only names (OpenAPI 3.0: `format: binary`; 3.1: how they are encoded). */
function isFile(schema: Raw): boolean {
  const { format, contentEncoding, contentMediaType } = schema;
  return format === "binary" || contentEncoding !== undefined || contentMediaType !== undefined;
}
