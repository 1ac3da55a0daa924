import { removeMembers, setMember, type TextEdit } from "../../wire/json-edit.ts";
import { members, typeAt, type Span } from "../../wire/json-text.ts";
import type { JsonObject } from "../../wire/json-value.ts";

// Google's APIs read protobuf JSON: a field's name may be written in lowerCamelCase or as it stands in
// the definition, and null counts as absent (https://protobuf.dev/programming-guides/json/).

/** `functionCall` -> `function_call`. */
export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function spellings(name: string): readonly string[] {
  return [name, snakeCase(name)];
}

/** The value of a field that is not null, in either spelling. */
export function fieldAt(text: string, object: Span, name: string): Span | undefined {
  const all = members(text, object);
  for (const spelling of spellings(name)) {
    const span = all.findLast(({ key }) => key === spelling)?.value;
    if (span !== undefined && typeAt(text, span) !== "null") return span;
  }
  return undefined;
}

/** The same in a parsed object; undefined where it is absent or null. */
export function fieldOf(value: JsonObject, name: string): unknown {
  return value[name] ?? value[snakeCase(name)] ?? undefined;
}

/** Gives a field another value, in the spelling that it has there. */
export function setField(text: string, object: Span, name: string, json: string): TextEdit {
  const there = fieldAt(text, object, name);
  return there === undefined ? setMember(text, object, name, json) : { ...there, text: json };
}

export function removeFields(text: string, object: Span, names: readonly string[]): TextEdit[] {
  return removeMembers(text, object, new Set(names.flatMap(spellings)));
}
