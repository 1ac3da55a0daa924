import type { LongstopError } from "../../exchange/error.ts";
import type { WholeAnswer } from "../protocol.ts";

/** The names of statuses: https://cloud.google.com/apis/design/errors#handling_errors */
const statuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  402: "FAILED_PRECONDITION",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "ABORTED",
  413: "INVALID_ARGUMENT",
  422: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  501: "UNIMPLEMENTED",
  504: "DEADLINE_EXCEEDED",
};

/**
 * An error as Google's APIs write it (https://google.aip.dev/193). The SDK shows the whole of it as
 * its message, and throws for it inside a stream as well, where the code is 400 to 599.
 */
export function errorBody(error: LongstopError): Readonly<Record<string, unknown>> {
  const { status: code, message, detail, retryAfterSeconds } = error;
  const metadata = Object.entries(detail).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const info = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    reason: error.code.toUpperCase(),
    domain: "longstop",
    metadata: { ...Object.fromEntries(metadata), code: error.code },
  };
  const retry =
    retryAfterSeconds === undefined
      ? []
      : [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retryAfterSeconds}s` }];
  const status = statuses[code] ?? (code >= 500 ? "UNAVAILABLE" : "FAILED_PRECONDITION");
  return { error: { code, message, status, details: [info, ...retry] } };
}

/** An error as a whole answer. */
export function refuse(error: LongstopError, requestId: string): WholeAnswer {
  return {
    status: error.status,
    headers: {
      "content-type": "application/json; charset=UTF-8",
      "x-request-id": requestId,
      ...(error.retryable ? {} : { "x-should-retry": "false" }),
      ...(error.retryAfterSeconds === undefined ? {} : { "retry-after": String(error.retryAfterSeconds) }),
    },
    body: JSON.stringify(errorBody(error)),
  };
}
