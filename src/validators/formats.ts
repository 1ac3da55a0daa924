import { fullFormats } from "ajv-formats/dist/formats.js";
import type { Format } from "ajv";

const formats: Readonly<Record<string, Format>> = fullFormats;

/** The formats that can be enforced. All others are annotations, as JSON Schema has it by default. */
export const formatNames: readonly string[] = Object.keys(formats);

// The expressions behind formats are backtracking ones. Strings up to this length cost them
// microseconds; nothing longer is a date, an address or a UUID anyway.
const formatCharactersMax = 1_024;
const mayBeLonger: ReadonlySet<string> = new Set([
  "uri",
  "uri-reference",
  "uri-template",
  "url",
  "regex",
  "json-pointer",
  "json-pointer-uri-fragment",
  "relative-json-pointer",
  "byte",
  "password",
  "binary",
]);

/** What a format is about: `int32` and the like are about numbers, most about strings. */
export function formatSubject(name: string): "number" | "string" {
  const format = formats[name];
  const typed = typeof format === "object" && !(format instanceof RegExp) ? format.type : undefined;
  return typed === "number" ? "number" : "string";
}

/** Whether a value has the format. Values of a type that the format is not about have it. */
export function hasFormat(name: string, value: unknown): boolean {
  const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
  if (format === undefined || typeof format === "boolean" || typeof value !== formatSubject(name))
    return true;
  if (typeof value === "string" && value.length > formatCharactersMax) return mayBeLonger.has(name);
  const check = typeof format === "object" && !(format instanceof RegExp) ? format.validate : format;
  if (check instanceof RegExp) return check.test(String(value));
  return typeof check !== "function" || (check as (subject: unknown) => unknown)(value) === true;
}
