import { checkJson } from "./json-check.ts";
import { JsonTextError } from "./json-scan.ts";
import { rootSpan, typeAt } from "./json-text.ts";

/** True where the whole text is one JSON object, as the arguments of a call must be. */
export function isObjectText(text: string): boolean {
  try {
    checkJson(text);
    return typeAt(text, rootSpan(text)) === "object";
  } catch (error) {
    if (error instanceof JsonTextError) return false;
    throw error;
  }
}
