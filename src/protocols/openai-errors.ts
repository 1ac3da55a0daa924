import type { LongstopError } from "../exchange/error.ts";
import type { WholeAnswer } from "./protocol.ts";

/**
 * An error as the inner object of OpenAI's error body: its SDK shows `message` behind the status, and
 * gives `code`, `type` and the whole object to programs.
 */
export function errorBody(error: LongstopError): Readonly<Record<string, unknown>> {
  return {
    ...error.detail,
    message: error.message,
    type: error.status >= 500 ? "server_error" : "invalid_request_error",
    param: null,
    code: error.code,
  };
}

/** An error as a whole answer: https://platform.openai.com/docs/guides/error-codes */
export function refuse(error: LongstopError, requestId: string): WholeAnswer {
  const headers: Record<string, string> = {
    "content-type": "application/json; charset=utf-8",
    "x-request-id": requestId,
  };
  // OpenAI's SDK asks again after 408, 409, 429 and 5xx unless this header forbids it.
  if (!error.retryable) headers["x-should-retry"] = "false";
  if (error.retryAfterSeconds !== undefined) headers["retry-after"] = String(error.retryAfterSeconds);
  return { status: error.status, headers, body: JSON.stringify({ error: errorBody(error) }) };
}
