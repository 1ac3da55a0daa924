import { timeSections } from "./deadlines-schema.ts";
import { runSchema } from "./run-schema.ts";
import { adminSchema } from "./admin-schema.ts";
import { partialKeys } from "./partial-schema.ts";
import type { Schema } from "./schema.ts";
import { apiKeySchema, keysSchema, tenancySchema } from "./tenancy-schema.ts";
import { toolsSchema } from "./tools-schema.ts";

const mebibyte = 1024 * 1024;

/** Names stand in paths (`/u/<name>/…`), so they are what needs no escaping there. */
const nameSchema: Schema = {
  pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
  "x-expected": "a name of 1 to 64 letters, digits, '.', '_' or '-' that begins with a letter or a digit",
};

const urlSchema: Schema = {
  type: "string",
  maxLength: 2048,
  description: "http or https, without credentials, query or fragment. Request paths are appended to it.",
  "x-expected": "an http or https URL",
};

const http2Schema: Schema = {
  type: "string",
  enum: ["off", "auto"],
  description:
    "auto: HTTP/2 where the upstream offers it. A request that it says it did not begin may then be sent " +
    "a second time. Left out: off.",
};

const proxySchema: Schema = {
  type: "string",
  enum: ["auto", "always", "never"],
  description:
    "Whether the proxy that HTTPS_PROXY or HTTP_PROXY names is used. auto: but for loopback and for what " +
    "NO_PROXY names; always: whatever NO_PROXY says. Left out: auto.",
};

/** The engine's own part; the schemas of a post and of the ledger are composed by the caller. */
export function engineSchema(sockets: { readonly post: Schema; readonly ledger: Schema }): Schema {
  return section("", {
    listen: listenSchema,
    admin: adminSchema,
    tenancy: tenancySchema,
    keys: keysSchema(nameSchema),
    log: logSchema,
    drainSeconds: integer(30, 0, 3600, "How long exchanges in flight may finish after SIGTERM, seconds."),
    limits: limitsSchema,
    ...timeSections,
    upstreams: upstreamsSchema,
    defaults: defaultsSchema,
    unguarded: {
      type: "string",
      enum: ["pass", "refuse"],
      default: "pass",
      description:
        "What happens to paths that carry calls past the posts, such as batches and live sessions.",
    },
    statefulRequests: {
      type: "string",
      enum: ["hydrate", "refuse", "pass"],
      default: "hydrate",
      description:
        "What happens to requests that lean on a conversation which the provider keeps. hydrate: guards " +
        "see what of it went through here, and the log says once where they cannot; refuse: 400; pass: " +
        "guards see the request alone.",
    },
    tools: toolsSchema(nameSchema, { url: urlSchema, apiKey: apiKeySchema, proxy: proxySchema }),
    posts: {
      type: "array",
      maxItems: 64,
      items: sockets.post,
      default: [
        { guard: "run-limits", mode: "off", onError: "block" },
        { guard: "tool-list", mode: "enforce", onError: "block" },
        { guard: "tool-schema", mode: "enforce", onError: "block" },
        { guard: "quarantine", mode: "enforce", onError: "block" },
        { guard: "budget", mode: "enforce", onError: "pass" },
        { guard: "repeat-breaker", mode: "report", onError: "pass" },
      ],
      description: "The guards on duty. The order of this list is the order of judging.",
    },
    repair: section("What happens after a blocked call.", {
      attemptsMax: integer(2, 0, 10, "How often the model is asked again for one turn."),
    }),
    hold: holdSchema,
    effects: effectsSchema,
    run: runSchema,
    turns: turnsSchema,
    ledger: sockets.ledger,
  });
}

const listenSchema = section("Where the gateway listens.", {
  host: {
    type: "string",
    minLength: 1,
    maxLength: 253,
    default: "127.0.0.1",
    description: "Address or host name. Anything but loopback needs tenancy: keys, or trustedNetwork.",
    "x-expected": "an IP address or a host name",
  },
  port: integer(8787, 0, 65_535, "TCP port; 0 takes any free one."),
  trustedNetwork: {
    type: "boolean",
    default: false,
    description: "Everyone who can reach a host beyond loopback may use the gateway without a key.",
  },
});

const logSchema = section("The structured log. Secrets in it are redacted.", {
  level: {
    type: "string",
    enum: ["debug", "info", "warn", "error"],
    default: "info",
    description: "The least level that is written.",
  },
  format: {
    type: "string",
    enum: ["auto", "json", "pretty"],
    default: "auto",
    description: "auto: pretty on a terminal, JSON lines otherwise.",
  },
});

const limitsSchema = section("A limit reached is a clear error, never a cut.", {
  requestBytesMax: bytes(64 * mebibyte, 1024, "A request body."),
  answerBytesMax: bytes(256 * mebibyte, 1024, "A whole answer that is looked at; others just pass."),
  headerBytesMax: integer(65_536, 4096, mebibyte, "All headers of one request or answer, bytes."),
  frameBytesMax: bytes(16 * mebibyte, 1024, "One event of a stream."),
});

const upstreamsSchema: Schema = {
  type: "object",
  maxProperties: 256,
  propertyNames: nameSchema,
  additionalProperties: {
    ...section("", { url: urlSchema, apiKey: apiKeySchema, http2: http2Schema, proxy: proxySchema }),
    required: ["url"],
  },
  default: {
    openai: { url: "https://api.openai.com" },
    anthropic: { url: "https://api.anthropic.com" },
    gemini: { url: "https://generativelanguage.googleapis.com" },
  },
  description: "LLM endpoints by name, served at /u/<name>/…. Writing this section replaces it whole.",
};

const defaultsSchema = section("Which upstream serves paths that name none; null: none does.", {
  openai: defaultUpstream("/v1/…"),
  anthropic: defaultUpstream("/v1/messages, and /v1/… with the header anthropic-version"),
  gemini: defaultUpstream(
    "/v1beta/…, /v1alpha/…, /v1/models/<model>:<method>, and /v1/… with the header x-goog-api-key",
  ),
});

const holdSchema = section("Holding back a stream from the first frame of a tool call on.", {
  heldBytesMax: bytes(8 * mebibyte, 1024, "What is held of one turn; more ends the stream with an error."),
  heldSecondsMax: integer(300, 1, 86_400, "How long one turn is held, seconds."),
  preambleMs: integer(1000, 0, 60_000, "How long headers wait for the first text, milliseconds."),
  keepAliveSeconds: integer(15, 1, 3600, "A comment is sent this often while holding, seconds."),
});

const effectsSchema = section("Calls of HTTP tools that have a consequence outside.", {
  mode: {
    type: "string",
    enum: ["off", "report", "enforce"],
    default: "enforce",
    description: "report: record and say what would have been done, and dispatch everything.",
  },
  leaseSeconds: integer(60, 5, 3600, "A call not heard of for so long is in doubt, seconds."),
  retryWindowSeconds: integer(
    300,
    0,
    86_400,
    "How long a repeated irreversible call is taken for a retry, seconds.",
  ),
  effectBodyBytesMax: bytes(mebibyte, 0, "Answers up to this size leave only when recorded whole."),
  attachSeconds: integer(60, 0, 3600, "How long a duplicate waits for the first call to end, seconds."),
  inDoubtLock: {
    type: "string",
    enum: ["operation", "tool", "run"],
    default: "operation",
    description:
      "What is not executed while an operation is in doubt. operation: what is equal to it; tool: any " +
      "effect of its tool in its run; run: any effect of its run. Anonymous calls are one run for tool, " +
      "and are held back by tool for run.",
  },
  unrequested: {
    type: "string",
    enum: ["report", "block"],
    default: "report",
    description:
      "What becomes of a call that the model has not decided on, where a tool says which calls carry out " +
      "its decisions and the run's turns are recorded. report: said, and dispatched; block: 400.",
  },
  services: {
    type: ["string", "null"],
    minLength: 1,
    maxLength: 4096,
    default: null,
    description:
      "The file of the table that says which services take an idempotency key, and where; its path is read " +
      "from this file on. null: the table that comes with Longstop, config/services.yaml.",
    "x-expected": "the path of a file, or null",
  },
});

const turnsSchema = section("Answers of models, and what becomes of them when their client is gone.", {
  mode: {
    type: "string",
    enum: ["off", "report", "enforce"],
    default: "off",
    description:
      "enforce: a retry gets the answer that is being made for it already. report: say what it would have " +
      "got, and ask the model again. off: what a model was asked ends with its client.",
  },
  graceSeconds: integer(
    60,
    0,
    3600,
    "How long an answer waits for its client to come again, seconds. 0: it is given up at once.",
  ),
  streamGraceSeconds: integer(
    0,
    0,
    3600,
    "The same of a stream that had begun, in a run without an id, seconds.",
  ),
  keptBytesMax: bytes(
    64 * mebibyte,
    0,
    "Answers that are kept in memory for who may come again, all together. Beyond it none of the oldest is.",
  ),
  ...partialKeys,
  normalise: {
    type: "array",
    items: {
      type: "object",
      additionalProperties: false,
      properties: {
        pattern: {
          type: "string",
          minLength: 1,
          maxLength: 2000,
          description: "A regular expression: its matches count as equal, in messages and all else.",
        },
        pointer: {
          type: "string",
          pattern: "^(?:/(?:[^~/]|~[01])*)+$",
          description: "A JSON Pointer to what does not count, in any member of the body but the messages.",
          "x-expected": "a JSON Pointer, such as /metadata/request_id",
        },
      },
    },
    maxItems: 32,
    default: [],
    description:
      "What makes no difference between two requests for a turn, such as dates and ids that an agent " +
      "writes into its prompt. It changes what counts as equal, and nothing that is sent.",
  },
});

function section(description: string, properties: Readonly<Record<string, Schema>>): Schema {
  const closed = { type: "object", additionalProperties: false, properties } as const;
  return description === "" ? closed : { ...closed, description };
}

function integer(value: number, minimum: number, maximum: number, description: string): Schema {
  return { type: "integer", default: value, minimum, maximum, description };
}

/** Up to 511 MiB: a body is edited as a string, and V8's longest has a little under 2^29 units. */
function bytes(value: number, minimum: number, description: string): Schema {
  return integer(value, minimum, 511 * mebibyte, `${description} Bytes.`);
}

function defaultUpstream(paths: string): Schema {
  return {
    type: ["string", "null"],
    description: `Serves ${paths}. Default: the upstream of the same name, where there is one.`,
    "x-expected": "the name of an upstream, or null",
  };
}
