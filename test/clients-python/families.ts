import type { ProtocolName } from "../../examples/provider/answer.ts";
import type { Family } from "../clients/support/families.ts";
import type { FaultName } from "../clients/support/faults.ts";

// What Python's clients do when something goes wrong, in the words of test/clients/support/families.ts.

const askedAgain: readonly FaultName[] = [
  "a 429 with retry-after",
  "a 429 without retry-after",
  "a 500 of the provider",
  "a 529 of the provider",
  "a page of HTML with 502",
  "a connection that is dropped before it is answered",
  "an upstream that cannot be reached",
];

const classes = {
  400: "BadRequestError",
  401: "AuthenticationError",
  403: "PermissionDeniedError",
  429: "RateLimitError",
  other: "InternalServerError",
  event: "APIError",
};

const openai: Family = {
  name: "openai",
  throws: classes,
  statusAt: "status_code",
  codeAt: "code",
  asksAgainAfter: askedAgain,
};

// An error inside a stream has the status of the stream.
const anthropic: Family = {
  name: "anthropic",
  throws: { ...classes, event: "APIStatusError" },
  statusAt: "status_code",
  codeAt: "body.error.details.error_code",
  inStream: {
    statuses: { call_refused: 200, call_refused_by_policy: 200, upstream_cut: 200, others: [200] },
    codeAt: "body.error.details.error_code",
  },
  asksAgainAfter: askedAgain,
};

export function familyOf(protocol: ProtocolName): Family {
  return protocol === "anthropic-messages" ? anthropic : openai;
}
