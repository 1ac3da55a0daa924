import type { LongstopError } from "../../exchange/error.ts";
import type { WholeAnswer } from "../../protocols/protocol.ts";

/**
 * An error as problem details (RFC 9457), which is how the callers of HTTP tools are answered.
 * Where sending again is not right, `x-should-retry: false` says so to the SDKs that obey it.
 */
export function problem(error: LongstopError, requestId: string): WholeAnswer {
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
    "x-should-retry": String(error.retryable),
  };
  if (error.retryAfterSeconds !== undefined) headers["retry-after"] = String(error.retryAfterSeconds);
  const body = {
    // First, so that no detail can stand in a member of the standard's own.
    ...error.detail,
    type: `urn:longstop:${error.code}`,
    title: error.code.replaceAll("_", " "),
    status: error.status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    // The SDK of a service may look for nothing else: Stripe's takes a body without it for a success.
    error: { code: error.code, message: error.message },
  };
  return { status: error.status, headers, body: `${JSON.stringify(body)}\n` };
}
