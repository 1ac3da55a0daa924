import type { Schema } from "./schema.ts";

/** Names of environment variables as shells can set them (POSIX.1-2024, 8.1). */
const variable = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]{0,127}$" } as const;

/** Where a secret lies: exactly one of the two is given. */
export const sourceKeys: Readonly<Record<string, Schema>> = {
  env: {
    ...variable,
    description: "The environment variable that holds it.",
    "x-secret": true,
    "x-expected": "the name of an environment variable",
  },
  file: {
    type: "string",
    minLength: 1,
    maxLength: 4096,
    description: "The file that holds it; read again on every reload.",
    "x-expected": "the path of a file",
  },
};

/** The credential that the gateway itself sends to an upstream or a tool. */
export const apiKeySchema: Schema = {
  type: "object",
  "x-secret": true,
  description:
    "The credential that is sent in place of the client's own: { env: NAME } or { file: PATH }. " +
    "Left out, the client's credential passes.",
  additionalProperties: false,
  // Said, though nothing is: a section without this would be filled in where it is left out.
  required: [],
  properties: {
    ...sourceKeys,
    header: {
      type: "string",
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$",
      description: "The header that carries it. Default: the one that the vendor's API expects.",
      "x-expected": "the name of an HTTP header",
    },
    scheme: {
      type: "string",
      pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{0,32}$",
      description: "What stands before it. Default: Bearer in Authorization, nothing in other headers.",
      "x-expected": 'a word such as Bearer, or "" for none',
    },
  },
};

export const tenancySchema: Schema = {
  type: "string",
  enum: ["single", "keys"],
  default: "single",
  description:
    "Who is calling. single: everyone who reaches the gateway is one tenant, `local`. keys: a virtual " +
    "key names the tenant, and without one nothing is served.",
};

const names: Schema = {
  type: "array",
  items: { type: "string", "x-expected": "a name" },
  maxItems: 1024,
  uniqueItems: true,
  "x-expected": "a list of names",
};

const virtualKeySchema: Schema = {
  type: "object",
  "x-secret": true,
  additionalProperties: false,
  required: [],
  properties: {
    ...sourceKeys,
    hash: {
      type: "string",
      pattern: "^sha256:[0-9a-f]{64}$",
      description: "The key's hash, as `longstop key` prints it.",
      "x-expected": "sha256: and 64 hexadecimal digits, as longstop key prints it",
    },
    expires: {
      type: "string",
      pattern: "^\\d{4}-\\d{2}-\\d{2}(T\\d{2}:\\d{2}(:\\d{2})?(Z|[+-]\\d{2}:\\d{2}))?$",
      description:
        "From when on it is refused: a date (its beginning, UTC) or a date with a time and a zone.",
      "x-expected": "a date such as 2027-01-31 or 2027-01-31T12:00:00Z",
    },
    disabled: { type: "boolean", default: false, description: "true: it is refused." },
  },
};

/** The tenants by name, and how each is known. `nameSchema` is what a name may be. */
export function keysSchema(nameSchema: Schema): Schema {
  return {
    type: "object",
    maxProperties: 10_000,
    propertyNames: nameSchema,
    additionalProperties: {
      type: "object",
      additionalProperties: false,
      required: ["keys"],
      properties: {
        keys: {
          type: "array",
          minItems: 1,
          maxItems: 100,
          items: virtualKeySchema,
          description: "Its virtual keys: { hash: … }, { env: NAME } or { file: PATH }, one key a line.",
        },
        upstreams: { ...names, description: "The upstreams that it may use. Left out: all." },
        tools: { ...names, description: "The tools that it may use. Left out: all." },
        requestsPerMinuteMax: {
          type: "integer",
          default: 0,
          minimum: 0,
          maximum: 100_000,
          description: "Requests in any 60 seconds; 0 is no limit.",
        },
        concurrentMax: {
          type: "integer",
          default: 0,
          minimum: 0,
          maximum: 100_000,
          description: "Exchanges at the same time; 0 is no limit.",
        },
      },
    },
    default: {},
    description: "The tenants of `tenancy: keys` by name.",
  };
}
