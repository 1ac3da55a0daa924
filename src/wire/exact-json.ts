// JavaScript reads 12345678901234567890 as another number, and writes 1.0 as 1. Here a number that it would
// spell otherwise keeps its text (https://tc39.es/proposal-json-parse-with-source/).
import { arrayOf, objectOf, type JsonObject } from "./json-value.ts";

const { rawJSON, isRawJSON } = JSON as typeof JSON & {
  readonly rawJSON: (this: void, text: string) => object;
  readonly isRawJSON: (this: void, value: unknown) => boolean;
};

/**
 * The value of a JSON text that is an object or a list, which `JSON.stringify` writes with each number as it
 * came. A number that JavaScript would spell otherwise is an object of no use but that. `value` is what
 * `JSON.parse` made of the text, and comes back where no number is such a one.
 */
export function exactValue(text: string, value: unknown): unknown {
  if (!mayBeRespelled.test(text)) return value;
  return JSON.parse(text, keepSpelling as (name: string, value: unknown) => unknown);
}

/** Finds numbers with a fraction, an exponent, many digits, or a sign at a zero; inside of strings, too. */
const mayBeRespelled = /[:,[\s]-?(?:\d+[.eE]|\d{16})|[:,[\s]-0/;

function keepSpelling(_name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === "number" && source !== undefined && String(value) !== source
    ? rawJSON(source)
    : value;
}

/** The object that an exact value is; undefined for all others, a number that kept its text too. */
export function exactObjectOf(value: unknown): JsonObject | undefined {
  return isRawJSON(value) ? undefined : objectOf(value);
}

/** The objects among the elements of an exact array. */
export function exactObjectsOf(value: unknown): JsonObject[] {
  return arrayOf(value).flatMap((element): readonly JsonObject[] => {
    const object = exactObjectOf(element);
    return object === undefined ? [] : [object];
  });
}
