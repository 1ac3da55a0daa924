import { argumentsSchema } from "./arguments-schema.ts";
import { decisionsSchema } from "./decisions-schema.ts";
import { methodsSchema } from "./methods-schema.ts";
import type { Schema } from "./schema.ts";

/** Fields of a body or a query. */
export const fieldsSchema = {
  type: "array",
  items: {
    type: "string",
    pattern: "^(?:(?:/(?:[^~/]|~[01])*)+|\\?.+)$",
    maxLength: 1024,
    "x-expected": "a field such as /metadata/nonce of a body, or ?nonce of a query",
  },
  maxItems: 64,
  uniqueItems: true,
  default: [],
} as const satisfies Schema;

const pointerSchema = {
  type: "string",
  pattern: "^(?:/(?:[^~/]|~[01])*)*$",
  maxLength: 1024,
  "x-expected": "a JSON Pointer such as /data/0/id, or an empty text for the whole answer",
} as const satisfies Schema;

const lookUpSchema: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["path", "found"],
  properties: {
    path: {
      type: "string",
      pattern: "^/(?!/)[^#\\\\\\s]*\\{(?:key|/[^{}]*)\\}[^#\\\\\\s]*$",
      maxLength: 2048,
      description: "Path and query of a GET. {key} is the key that was sent, {/name} a field of the body.",
      "x-expected": "a path with {key}, or a field such as {/order_id}, in it",
    },
    found: {
      type: "object",
      additionalProperties: false,
      required: ["at"],
      properties: {
        at: { ...pointerSchema, description: "Where a 2xx answer has a value if the call was executed." },
        equals: {
          type: "string",
          maxLength: 1024,
          description: "What that value is then; with {key} and {/name}. Left out: anything but null.",
        },
      },
      description: "How the answer shows that the call was executed.",
    },
    answer: {
      ...pointerSchema,
      default: "",
      description: "The part of the answer that the caller gets. Empty: all of it.",
    },
    absent: {
      type: "object",
      additionalProperties: false,
      required: ["afterSeconds"],
      properties: {
        statuses: {
          type: "array",
          items: { type: "integer", minimum: 400, maximum: 499 },
          maxItems: 32,
          uniqueItems: true,
          default: [],
          description: "Statuses by which the tool says that there is nothing, such as [404].",
        },
        emptyAt: {
          type: ["string", "null"],
          default: null,
          description: "Where a 2xx answer has an empty list if there is nothing. null: no such place.",
          "x-expected": "a JSON Pointer such as /data, or null",
        },
        afterSeconds: {
          type: "integer",
          minimum: 0,
          maximum: 86_400,
          description:
            "Nothing is taken for proof before this long after the lease of the last dispatch, seconds: " +
            "how long the tool may still work on it, or show it late. Left out: a fault.",
        },
      },
      description: "How the answer shows that the call was surely not executed. Left out: it never does.",
    },
  },
  description:
    "Where a call in doubt is looked up when it is retried, if it cannot be sent again. Left out: nowhere.",
};

/** What may be said of all calls of a tool, and of those that a rule fits. */
const termSchemas = {
  keyed: {
    type: "boolean",
    description:
      "true: the tool honours the idempotency key, so its 409 leaves the outcome open. Left out: what the " +
      "table of services says of it, else false.",
  },
  keyRetentionSeconds: {
    type: "integer",
    minimum: 1,
    maximum: 31_536_000,
    description:
      "How long the tool remembers a key from its first use on, seconds. So long, less a minute, a retry " +
      "of a call in doubt is sent again under its key. Left out: unknown, so it never is.",
  },
  idempotent: {
    type: "boolean",
    description:
      "true: a second execution has no second effect, so a retry of a call in doubt is sent again, at any " +
      "time. Left out: false.",
  },
  notExecuted: {
    type: "array",
    items: { type: "integer", minimum: 400, maximum: 599 },
    maxItems: 64,
    uniqueItems: true,
    description:
      "Statuses by which the tool promises that it did not execute the call, such as [503]: then such an " +
      "answer is a refusal, and no doubt. Left out: none.",
  },
  key: {
    type: "object",
    additionalProperties: false,
    required: [],
    properties: {
      include: {
        ...fieldsSchema,
        description: "The fields that count, where a call has all of them. Empty: all.",
      },
      ignore: { ...fieldsSchema, description: "Fields that do not count, such as random tokens." },
    },
    description:
      "Which fields make a call another operation: /name is a JSON Pointer into a body, or the name of a " +
      "form field or a part of it; ?name is a parameter of the query. Left out: all fields.",
  },
  preconditions: {
    type: "array",
    items: {
      type: "string",
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
      "x-expected": "the name of an HTTP header",
    },
    maxItems: 32,
    uniqueItems: true,
    description:
      "Headers that make a call another operation, such as a version that the caller expects, besides " +
      "If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since. Left out: none.",
  },
  lookUp: lookUpSchema,
  storesErrors: {
    type: "boolean",
    description:
      "true: the tool keeps a refusal under its key and repeats it, so that what was refused goes out " +
      "under a new key next time; after 402 it always does. Left out: false.",
  },
} as const satisfies Readonly<Record<string, Schema>>;

const effectSchema = {
  type: "string",
  enum: ["by-method", "read", "write", "irreversible"],
} as const satisfies Schema;

const timeoutSchema = {
  type: "integer",
  minimum: 1,
  maximum: 86_400_000,
} as const satisfies Schema;

const ruleSchema: Schema = {
  type: "object",
  additionalProperties: false,
  required: ["path"],
  properties: {
    path: {
      type: "string",
      pattern: "^/(?:[^/?#%;\\\\]+(?:/[^/?#%;\\\\]+)*)?$",
      maxLength: 1024,
      description:
        "A pattern of paths behind the tool's name: * is one segment or a part of it, ** any number.",
      "x-expected":
        "a path pattern such as /v1/charges/*: from a slash on, decoded, without query, parameters (;), " +
        "empty segments and a slash at its end",
    },
    methods: methodsSchema("Methods that the rule is for. Left out: all."),
    effect: { ...effectSchema, description: "Left out: what the tool says, and so for every key below." },
    timeoutMs: { ...timeoutSchema, description: "From the call to its answer's headers, milliseconds." },
    ...termSchemas,
  },
};

/** The section of the HTTP tools. `target` holds the schemas of what every target has. */
export function toolsSchema(
  nameSchema: Schema,
  target: { readonly url: Schema; readonly apiKey: Schema; readonly proxy: Schema },
): Schema {
  return {
    type: "object",
    maxProperties: 1024,
    propertyNames: nameSchema,
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      required: ["url"],
      properties: {
        ...target,
        effect: {
          ...effectSchema,
          default: "by-method",
          description: "What a call does outside. by-method: GET, HEAD and OPTIONS read, all others write.",
        },
        timeoutMs: {
          ...timeoutSchema,
          default: 600_000,
          description: "From the call to its answer's headers, milliseconds.",
        },
        ...termSchemas,
        clientKeys: {
          type: "string",
          enum: ["random", "stable"],
          default: "random",
          description: "stable: a client sends the same idempotency key for the same operation, always.",
        },
        idempotencyHeader: {
          type: "string",
          pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
          description:
            "The request header in which the tool expects the idempotency key. Left out: where the table " +
            "of services says, else Idempotency-Key.",
          "x-expected": "the name of an HTTP header",
        },
        rules: {
          type: "array",
          items: ruleSchema,
          maxItems: 256,
          default: [],
          description:
            "What holds for some paths of the tool; the first rule that fits counts. A path that can be " +
            "read in several ways is read in all of them, and the strictest terms count.",
        },
        arguments: argumentsSchema,
        decisions: decisionsSchema,
      },
    },
    default: {},
    description: "HTTP tools by name, served at /tools/<name>/….",
  };
}
