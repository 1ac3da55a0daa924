import { randomBytes } from "node:crypto";
import type { Fault, Json, ProtocolName } from "./answer.ts";
import type { Delivery } from "./delivery.ts";

// Errors in each provider's own form.
// https://platform.openai.com/docs/guides/error-codes · https://platform.claude.com/docs/en/api/errors

const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

/** https://cloud.google.com/apis/design/errors#handling_errors */
const googleStatuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

function googleError({ status: code, message, type, retryAfterSeconds }: Fault): Json {
  const status = /^[A-Z_]+$/.test(type ?? "") ? type : (googleStatuses[code] ?? "UNKNOWN");
  const retry = { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retryAfterSeconds}s` };
  return {
    error: { code, message, status, ...(retryAfterSeconds === undefined ? {} : { details: [retry] }) },
  };
}

export function faultDelivery(
  protocol: ProtocolName,
  fault: Fault,
  headers: Readonly<Record<string, string>> = {},
): Delivery {
  const id = requestId(protocol);
  const type = fault.type ?? errorTypes[fault.status] ?? "api_error";
  const error =
    protocol === "gemini"
      ? googleError(fault)
      : protocol !== "anthropic-messages"
        ? { error: { message: fault.message, type, param: fault.param ?? null, code: fault.code ?? null } }
        : {
            type: "error",
            error: {
              type,
              message: fault.message,
              ...(fault.code ? { details: { error_code: fault.code } } : {}),
            },
            request_id: id["request-id"],
          };
  const later =
    fault.retryAfterSeconds === undefined ? {} : { "retry-after": String(fault.retryAfterSeconds) };
  return {
    status: fault.status,
    headers: { "content-type": "application/json", ...id, ...later, ...headers },
    frames: [Buffer.from(JSON.stringify(error))],
    streamed: false,
  };
}

export function errorEvent(protocol: ProtocolName): string {
  const message = "The server had an error while processing your request. Sorry about that!";
  if (protocol === "gemini") {
    return `data: ${JSON.stringify(googleError({ status: 500, message }))}\r\n\r\n`;
  }
  if (protocol === "openai-responses") {
    const error = { type: "server_error", code: "server_error", message, param: null };
    return `event: error\ndata: ${JSON.stringify({ type: "error", sequence_number: 999, error })}\n\n`;
  }
  if (protocol === "openai-chat") {
    return `data: ${JSON.stringify({ error: { message, type: "server_error", param: null, code: null } })}\n\n`;
  }
  const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
  return `event: error\ndata: ${JSON.stringify(overloaded)}\n\n`;
}

export function requestId(protocol: ProtocolName): Record<string, string> {
  const id = `req_${randomBytes(8).toString("hex")}`;
  return { [protocol === "anthropic-messages" ? "request-id" : "x-request-id"]: id };
}
