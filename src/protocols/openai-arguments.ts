import type { Call } from "../exchange/turn.ts";
import { canonicalJson } from "../text/canonical-json.ts";
import { objectOf } from "../wire/json-value.ts";

type Arguments = Pick<Call, "kind" | "argumentsText">;

/** Providers read the arguments of earlier calls again, and refuse what is no JSON object. */
export function acceptableArguments({ kind, argumentsText }: Arguments): string {
  if (kind === "custom") return argumentsText;
  try {
    return objectOf(JSON.parse(argumentsText)) === undefined ? "{}" : argumentsText;
  } catch {
    return "{}";
  }
}

/** One text for arguments and for the copies of them that clients write in another way. */
export function canonicalArguments({ kind, argumentsText }: Arguments): string {
  if (kind === "custom") return argumentsText;
  // A call of a function without parameters: clients turn the model's empty string into `{}`.
  if (argumentsText.trim() === "") return "{}";
  return canonicalJson(argumentsText) ?? argumentsText;
}
