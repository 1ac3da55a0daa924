import { LongstopError } from "../exchange/error.ts";
import { JsonTextError } from "../wire/json-scan.ts";
import { parseEditable } from "../wire/json-text.ts";
import { objectOf, stringOf, type JsonObject } from "../wire/json-value.ts";

export function unreadable(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("upstream_unreadable", sentence, { cause });
}

/** Longest piece of an upstream's own words that an error quotes, in characters. */
const quoteLengthMax = 500;

/**
 * The JSON object that a text must be; `what` says which piece of an answer it is. Throws
 * `upstream_unreadable`.
 */
export function objectIn(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = parseEditable(text);
  } catch (cause) {
    // JSON all the same, but nested too deep, as the error says.
    if (cause instanceof JsonTextError) throw unreadable(`${what} cannot be read. ${cause.message}`, cause);
    throw unreadable(`${what} is not valid JSON.`, cause);
  }
  const body = objectOf(value);
  if (body === undefined) throw unreadable(`${what} is not a JSON object.`);
  return body;
}

/** The object in an error event of a stream, whose words need not be JSON. */
export function errorBodyIn(text: string): JsonObject {
  try {
    return objectOf(JSON.parse(text)) ?? {};
  } catch {
    return {};
  }
}

/**
 * A whole answer, which must have an array under `list`. Some servers answer 200 with an error inside,
 * and its words are all that tells the caller why. Throws `upstream_unreadable`.
 */
export function answerIn(text: string, list: "choices" | "output"): JsonObject {
  const body = objectIn(text, "The model's answer");
  if (Array.isArray(body[list])) return body;
  const said = stringOf(objectOf(body["error"])?.["message"]) ?? stringOf(body["error"]);
  if (said === undefined) throw unreadable(`The model's answer has no array "${list}".`);
  throw unreadable(`The upstream answered with an error: ${said.slice(0, quoteLengthMax)}`);
}
