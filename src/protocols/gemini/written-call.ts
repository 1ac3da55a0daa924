import { applyEdits, removeMembers } from "../../wire/json-edit.ts";
import { rootSpan } from "../../wire/json-text.ts";
import { setField, snakeCase } from "./fields.ts";
import { objectAt } from "./parts.ts";

const inPieces = ["partialArgs", "willContinue"].flatMap((name) => [name, snakeCase(name)]);

/** A part that holds a call, with these arguments, whole; all else in it, its signature too, stays. */
export function withArguments(part: string, argumentsJson: string): string {
  const call = objectAt(part, rootSpan(part), "functionCall");
  if (call === undefined) return part;
  const whole = applyEdits(part, removeMembers(part, call, new Set(inPieces)));
  const span = objectAt(whole, rootSpan(whole), "functionCall") ?? call;
  return applyEdits(whole, [setField(whole, span, "args", argumentsJson)]);
}
