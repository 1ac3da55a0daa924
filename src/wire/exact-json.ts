// JavaScript reads 12345678901234567890 as another number, and writes 1.0 as 1. Here a number that it would
// spell otherwise keeps its text (https://tc39.es/proposal-json-parse-with-source/).
import { rootSpan } from "./json-text.ts";
import { objectOf, type JsonObject } from "./json-value.ts";

const { rawJSON, isRawJSON } = JSON as typeof JSON & {
  readonly rawJSON: (this: void, text: string) => object;
  readonly isRawJSON: (this: void, value: unknown) => boolean;
};

/**
 * The value of a JSON text, which `JSON.stringify` writes with each number as it came. A number that
 * JavaScript would spell otherwise is an object of no use but that. Throws `JsonTextError` where the text
 * nests too deep, and `SyntaxError` where it is no JSON.
 */
export function parseExact(text: string): unknown {
  rootSpan(text);
  return JSON.parse(text, keepSpelling as (name: string, value: unknown) => unknown);
}

function keepSpelling(_name: string, value: unknown, { source }: { readonly source?: string }): unknown {
  return typeof value === "number" && source !== undefined && String(value) !== source
    ? rawJSON(source)
    : value;
}

/** The object that a value of `parseExact` is; undefined for all others, a number that kept its text too. */
export function exactObjectOf(value: unknown): JsonObject | undefined {
  return isRawJSON(value) ? undefined : objectOf(value);
}
