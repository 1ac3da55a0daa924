import { Ajv2020 } from "ajv/dist/2020.js";
import { formatSubject, hasFormat } from "./formats.ts";
import { areUnique } from "./json-value.ts";
import { linearPattern } from "./linear-pattern.ts";
import type { FormatDefinition } from "ajv";
import { BrokenSchema, type Schema } from "./schema.ts";

/** What Ajv says of a value: null where it fits, else the first thing that does not. */
export interface FirstError {
  readonly pointer: string;
  readonly keyword: string;
  /** The keyword's parameters, as JSON. */
  readonly params: string;
}
export type SchemaCheck = (value: unknown) => FirstError | null;

/**
 * Compiles a schema in its normal form. Each has an Ajv of its own, so that no schema can refer to
 * another; nothing is loaded, and the schema itself is not validated (that was done by reading it).
 * Throws `BrokenSchema`.
 */
export function compileCheck(targets: readonly Schema[], formats: ReadonlySet<string>): SchemaCheck {
  const ajv = new Ajv2020({
    strict: false,
    validateSchema: false,
    meta: false,
    addUsedSchema: false,
    logger: false,
    messages: false,
    // Copying the targets of references into the code can square its size.
    inlineRefs: false,
    // Without it "toString" counts as a given parameter.
    ownProperties: true,
    code: { regExp: linearRegExp },
  });
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: (unique: boolean, list: readonly unknown[]) => !unique || areUnique(list),
  });
  for (const name of formats) ajv.addFormat(name, formatOf(name));
  try {
    const validate = ajv.compile({ $ref: "#/$defs/0", $defs: targets });
    return (value) => {
      if (validate(value)) return null;
      // Of the errors inside `anyOf` and the like only the last stands for the whole.
      const error = validate.errors?.at(-1);
      if (error === undefined) return { pointer: "", keyword: "schema", params: "{}" };
      const params = JSON.stringify(error.params).slice(0, 200);
      return { pointer: error.instancePath, keyword: error.keyword, params };
    };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message.slice(0, 200) : "it does not compile";
    throw new BrokenSchema(`the schema does not compile: ${why}`, { cause: thrown });
  }
}

function formatOf(name: string): FormatDefinition<string> | FormatDefinition<number> {
  return formatSubject(name) === "number"
    ? { type: "number", validate: (subject: number) => hasFormat(name, subject) }
    : { type: "string", validate: (subject: string) => hasFormat(name, subject) };
}

function linearRegExp(source: string): { test: (text: string) => boolean; toString: () => string } {
  const compiled = linearPattern(source);
  // Reading the schema left only what is supported.
  if ("unsupported" in compiled) throw new Error(`unsupported pattern: ${compiled.unsupported}`);
  // Ajv tells patterns apart by this; without it, all patterns of a schema would be its first.
  return { test: compiled.test, toString: () => source };
}
linearRegExp.code = "linearRegExp";
