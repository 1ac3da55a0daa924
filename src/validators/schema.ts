// A tool's schema in the one form that everything here works on: keywords of JSON Schema 2020-12
// with sound values, and no references but to numbered targets inside it.

export type TypeName = "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";

export type Schema = boolean | SchemaNode;
type SchemaMap = Readonly<Record<string, Schema>>;

export interface SchemaNode {
  readonly $ref?: string;
  readonly type?: readonly TypeName[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly prefixItems?: readonly Schema[];
  readonly items?: Schema;
  readonly contains?: Schema;
  readonly minContains?: number;
  readonly maxContains?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly unevaluatedItems?: Schema;
  readonly properties?: SchemaMap;
  readonly patternProperties?: SchemaMap;
  readonly additionalProperties?: Schema;
  readonly propertyNames?: Schema;
  readonly unevaluatedProperties?: Schema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  readonly dependentSchemas?: SchemaMap;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
  readonly if?: Schema;
  readonly then?: Schema;
  readonly else?: Schema;
}

/** Why a schema leaves nothing to check but the name and the JSON form. */
export class BrokenSchema extends Error {
  override readonly name = "BrokenSchema";
}

/** A limit was reached: what the schema says is not known, and the caller decides what follows. */
export class OverLimit extends Error {
  override readonly name = "OverLimit";
}

/** The schemas that apply to the very value that this one applies to. */
export function inPlace(node: SchemaNode, target: (ref: string) => Schema): Schema[] {
  const singles = [node.not, node.if, node.then, node.else].filter((one) => one !== undefined);
  if (node.$ref !== undefined) singles.push(target(node.$ref));
  const lists = [node.allOf ?? [], node.anyOf ?? [], node.oneOf ?? []];
  return singles.concat(...lists, Object.values(node.dependentSchemas ?? {}));
}

/** The schemas that apply to values inside the value that this one applies to. */
export function below(node: SchemaNode): Schema[] {
  const singles = [
    node.items,
    node.contains,
    node.unevaluatedItems,
    node.additionalProperties,
    node.propertyNames,
    node.unevaluatedProperties,
  ].filter((one) => one !== undefined);
  const maps = [node.properties ?? {}, node.patternProperties ?? {}].map((map) => Object.values(map));
  return singles.concat(node.prefixItems ?? [], ...maps);
}
