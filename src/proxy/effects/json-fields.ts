import { canonicalJson } from "../../text/canonical-json.ts";
import { applyEdits, removeMembers } from "../../wire/json-edit.ts";
import { spanAt, stepsOf } from "../../wire/json-pointer.ts";
import { typeAt } from "../../wire/json-text.ts";
import type { KeyFields } from "../settings.ts";

/**
 * The pieces of a key that a JSON body gives: its canonical form, without what is ignored; or only
 * the fields that are named, where all of them are there. Null where it has no canonical form.
 */
export function jsonPieces(text: string, { include, ignore }: KeyFields): readonly string[] | null {
  const whole = canonicalJson(text);
  if (whole === null || (include.length === 0 && ignore.length === 0)) {
    return whole === null ? null : ["json", whole];
  }
  // The canonical text need not be JSON (numbers that no double holds), so the original is edited.
  const kept = ignore.reduce(withoutField, text);
  const fields = include.map((pointer) => fieldPieces(kept, pointer));
  // A body without one of the fields is identified by all that it has.
  if (fields.length === 0 || fields.includes(null)) {
    const rest = canonicalJson(kept);
    return rest === null ? null : ["json", rest];
  }
  return ["json fields", ...fields.flatMap((pieces) => pieces ?? [])];
}

function fieldPieces(text: string, pointer: string): readonly string[] | null {
  const span = spanAt(text, stepsOf(pointer));
  const value = span === null ? null : canonicalJson(text.slice(span.start, span.end));
  return value === null ? null : [pointer, value];
}

/** The text without the member that a pointer names. An element becomes null: others keep their places. */
export function withoutField(text: string, pointer: string): string {
  const steps = stepsOf(pointer);
  const last = steps.pop();
  const parent = spanAt(text, steps);
  if (parent === null || last === undefined) return text;
  if (typeAt(text, parent) === "object")
    return applyEdits(text, removeMembers(text, parent, new Set([last])));
  const element = spanAt(text, [...steps, last]);
  return element === null ? text : applyEdits(text, [{ ...element, text: "null" }]);
}
