import type { Schema } from "./schema.ts";

const timeoutsSchema = section("How long an upstream may take.", {
  connectMs: integer(10_000, 1, 600_000, "Until the connection stands, milliseconds."),
  headersMs: integer(600_000, 1, 86_400_000, "From the request to the answer's headers, milliseconds."),
  firstTokenMs: integer(
    600_000,
    1,
    86_400_000,
    "From a request for a stream of a model to the first of its text, thinking or calls, milliseconds.",
  ),
  idleMs: integer(300_000, 1, 86_400_000, "Between two pieces of an answer, milliseconds."),
  totalMs: integer(
    0,
    0,
    86_400_000,
    "From the request to the end of a model's answer, repairs included, milliseconds. 0: no limit.",
  ),
});

const deadlinesSchema = section(
  "How long a client can be let wait for a model, and what of that it is told before it gives up. Its own " +
    "limit is read from Longstop-Deadline, X-Stainless-Timeout and X-Stainless-Read-Timeout.",
  {
    mode: {
      type: "string",
      enum: ["off", "report", "enforce"],
      default: "enforce",
      description:
        "enforce: a client hears from the gateway before it gives up. report: say when it would have. off: " +
        "it is let wait for as long as the upstream takes.",
    },
    totalSeconds: integer(0, 0, 86_400, "How long a client waits that does not say, seconds. 0: no limit."),
    wholeSeconds: integer(
      290,
      0,
      86_400,
      "After so long at most a client hears that asked for one document, whatever it says, seconds: common " +
        "HTTP clients give up after 300 s without headers. 0: no limit.",
    ),
    marginPercent: integer(10, 0, 50, "What the gateway is earlier than the client, percent of its limit."),
    marginSecondsMin: integer(1, 0, 60, "At least so much, but never more than half of the limit, seconds."),
    marginSecondsMax: integer(10, 0, 600, "At most so much, seconds."),
  },
);

const upstreamRetriesSchema = section(
  "When the gateway asks a model once more by itself, before a byte of an answer has left, and inside the " +
    "client's deadline.",
  {
    attemptsMax: integer(
      1,
      0,
      10,
      "How often for one request of which not a byte was sent. Not for requests that are retries themselves.",
    ),
    statuses: {
      type: "array",
      items: { type: "integer", enum: [408, 409, 429, 500, 502, 503, 504, 529] },
      uniqueItems: true,
      maxItems: 8,
      default: [],
      description:
        "Answers of the upstream that are retried too, such as [429, 503, 529]: those say that nothing was " +
        "done. Clients retry all of these by themselves, and behind others the model may have been paid.",
    },
    delayMs: integer(
      500,
      0,
      60_000,
      "The first wait is a random part of this, and each further one of twice as much, milliseconds.",
    ),
    delayMsMax: integer(
      8000,
      0,
      60_000,
      "No wait is longer. An upstream that asks for more (retry-after) is passed on at once, milliseconds.",
    ),
  },
);

/** How long upstreams may take, how long clients wait, and when an upstream is asked once more. */
export const timeSections: Readonly<Record<string, Schema>> = {
  timeouts: timeoutsSchema,
  deadlines: deadlinesSchema,
  upstreamRetries: upstreamRetriesSchema,
};

function section(description: string, properties: Readonly<Record<string, Schema>>): Schema {
  return { type: "object", additionalProperties: false, properties, description };
}

function integer(value: number, minimum: number, maximum: number, description: string): Schema {
  return { type: "integer", default: value, minimum, maximum, description };
}
