import { LongstopError } from "../exchange/error.ts";
import { parseEditable } from "../wire/json-text.ts";
import { objectOf, stringOf, type JsonObject } from "../wire/json-value.ts";

export function unreadable(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("upstream_unreadable", sentence, { cause });
}

/** Longest piece of an upstream's own words that an error quotes, in characters. */
const quoteLengthMax = 500;

/**
 * A whole answer, which must have an array under `list`. Some servers answer 200 with an error inside,
 * and its words are all that tells the caller why. Throws `upstream_unreadable`.
 */
export function answerIn(text: string, list: "choices" | "output"): JsonObject {
  let value: unknown;
  try {
    value = parseEditable(text);
  } catch (cause) {
    throw unreadable("The model's answer is not valid JSON.", cause);
  }
  const body = objectOf(value);
  if (body === undefined) throw unreadable("The model's answer is not a JSON object.");
  if (Array.isArray(body[list])) return body;
  const said = stringOf(objectOf(body["error"])?.["message"]) ?? stringOf(body["error"]);
  if (said === undefined) throw unreadable(`The model's answer has no array "${list}".`);
  throw unreadable(`The upstream answered with an error: ${said.slice(0, quoteLengthMax)}`);
}
