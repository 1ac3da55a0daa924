import type { Guard } from "../guards/guard.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import { encryptionSchema } from "./encryption-schema.ts";
import { engineSchema } from "./engine-schema.ts";

/** The part of JSON Schema (2020-12 vocabulary) that the configuration uses. */
export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly maxProperties?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly oneOf?: readonly Schema[];
  /** As in OpenAPI and Ajv: the property whose value picks the branch of `oneOf`. */
  readonly discriminator?: { readonly propertyName: string };
  /** What to say was expected, where the keywords alone would say it badly. */
  readonly "x-expected"?: string;
  /** True where a secret is pointed at: whoever writes it there itself must not see it in a fault. */
  readonly "x-secret"?: boolean;
}

/** The lists that the configuration is composed of: what may stand in `guard` and `kind`. */
export interface Sockets {
  readonly guards: readonly Guard[];
  readonly stores: readonly LedgerStore[];
}

/**
 * The schema of the whole configuration. Each guard and each store brings the schema of its own
 * options; `guard` and `kind` pick the branch, so that an error speaks about the post as meant.
 */
export function composeSchema({ guards, stores }: Sockets): Schema {
  return engineSchema({
    post: {
      type: "object",
      required: ["guard"],
      discriminator: { propertyName: "guard" },
      oneOf: guards.map((guard) => postSchema(guard)),
    },
    ledger: {
      type: "object",
      description: "Where the durable memory is kept.",
      required: ["kind"],
      discriminator: { propertyName: "kind" },
      oneOf: stores.map((store) => storeSchema(store)),
      default: { kind: "sqlite" },
    },
  });
}

/** The schema as the text of a file, for editors: 2020-12, two spaces, a closing line feed. */
export function schemaFile(sockets: Sockets): string {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Configuration of Longstop",
    ...composeSchema(sockets),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function postSchema(guard: Guard): Schema {
  return {
    description: guard.summary,
    properties: {
      guard: { const: guard.name, description: "The rule." },
      mode: {
        type: "string",
        enum: ["off", "report", "enforce"],
        default: "enforce",
        description: "report: record what would have been done, and let pass.",
      },
      onError: {
        type: "string",
        enum: ["block", "pass"],
        default: "block",
        description: "What happens when the guard itself fails. Applies in enforce only.",
      },
      planes: {
        type: "array",
        items: { type: "string", enum: ["llm", "tool", "mcp"] },
        minItems: 1,
        uniqueItems: true,
        default: ["llm", "tool", "mcp"],
        description: "Where the guard is on duty.",
      },
      ...(guard.options as Readonly<Record<string, Schema>>),
    },
    required: ["guard"],
    additionalProperties: false,
  };
}

function storeSchema(store: LedgerStore): Schema {
  return {
    description: store.summary,
    properties: {
      kind: { const: store.kind, description: "The kind of store." },
      ...(store.options as Readonly<Record<string, Schema>>),
      encryption: encryptionSchema,
    },
    required: ["kind", ...(store.required ?? [])],
    additionalProperties: false,
  };
}
