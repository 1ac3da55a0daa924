import { LongstopError } from "../exchange/error.ts";
import { textOf } from "../wire/body-text.ts";
import { checkJson } from "../wire/json-check.ts";
import { JsonTextError } from "../wire/json-scan.ts";

/**
 * Runs a reading of a request's body: what is wrong with its JSON is the caller's error. A part that is
 * read by itself counts positions from its own start; the caller is told the position in the body.
 */
export function readingRequest<T>(body: string | Uint8Array, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof JsonTextError)) throw cause;
    const fault = faultIn(textOf(body)) ?? cause;
    throw malformed(`The request body is not valid JSON. ${fault.message}`, fault);
  }
}

export function malformed(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("request_malformed", sentence, { cause });
}

function faultIn(text: string): JsonTextError | undefined {
  try {
    checkJson(text);
    return undefined;
  } catch (error) {
    if (error instanceof JsonTextError) return error;
    throw error;
  }
}
