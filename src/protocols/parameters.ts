import type { Member } from "../wire/json-text.ts";
import type { TurnIdentity } from "./turn-forms.ts";

/** The members of an object as `TurnIdentity.parameters`, but for those of these names. */
export function parametersIn(
  text: string,
  members: readonly Member[],
  without: ReadonlySet<string>,
): TurnIdentity["parameters"] {
  const values = new Map<string, string>();
  for (const { key, value } of members) {
    if (!without.has(key)) values.set(key, text.slice(value.start, value.end));
  }
  return [...values].sort(([one], [other]) => (one < other ? -1 : 1));
}
