import { LongstopError } from "../../exchange/error.ts";
import { JsonTextError } from "../../wire/json-scan.ts";

/** Runs a reading of a request: what is wrong with its JSON is the caller's error. */
export function readingRequest<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof JsonTextError)) throw cause;
    throw malformed(`The request body is not valid JSON. ${cause.message}`, cause);
  }
}

export function malformed(sentence: string, cause?: unknown): LongstopError {
  return new LongstopError("request_malformed", sentence, { cause });
}
