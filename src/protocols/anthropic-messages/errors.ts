import type { LongstopError } from "../../exchange/error.ts";
import { eventFrame } from "../../wire/sse.ts";
import type { WholeAnswer } from "../protocol.ts";

/** Error types by status: platform.claude.com/docs/en/api/errors. */
const types: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  422: "invalid_request_error",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** The error as the SDK shows it: the sentence in `apiMessage`, the code in `errorCode`. */
export function refuse(error: LongstopError, requestId: string): WholeAnswer {
  return {
    status: error.status,
    headers: {
      "content-type": "application/json",
      "request-id": requestId,
      // The SDK retries 409, 429 and every 5xx unless it is told not to.
      ...(error.retryable ? {} : { "x-should-retry": "false" }),
      ...(error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) }),
    },
    body: JSON.stringify({ ...errorBody(error), request_id: requestId }),
  };
}

/** What ends a stream that cannot end well. The SDK looks at the event's name, the AI SDK at `type`. */
export function errorFrame(error: LongstopError): Uint8Array {
  return eventFrame({ event: "error", data: JSON.stringify(errorBody(error)) });
}

function errorBody(error: LongstopError): Record<string, unknown> {
  return {
    type: "error",
    error: {
      type: types[error.status] ?? "api_error",
      message: error.message,
      details: { ...error.detail, error_code: error.code },
    },
  };
}
