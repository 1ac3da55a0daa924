import { resolve } from "node:path";
import { retentionOf, retentionSchemas } from "../retention.ts";

/** What the configuration says about this store. */
export interface PostgresOptions {
  readonly schema: string;
  readonly poolMax: number;
  readonly durability: "strict" | "accept-failover-loss";
  readonly witnessFile: string;
  readonly retentionDays: number;
  readonly tombstoneDays: number;
}

export const postgresOptionSchemas = {
  url: {
    type: "object",
    description:
      "Where the connection string is, with its password: { env: NAME } or { file: PATH }. " +
      "postgres://user:password@host:5432/database?sslmode=verify-full, straight or through a pooler.",
    additionalProperties: false,
    required: [],
    properties: {
      env: {
        type: "string",
        pattern: "^[A-Za-z_][A-Za-z0-9_]{0,127}$",
        description: "The environment variable that holds it.",
        "x-expected": "the name of an environment variable",
      },
      file: {
        type: "string",
        minLength: 1,
        maxLength: 4096,
        description: "The file that holds it.",
        "x-expected": "the path of a file",
      },
    },
  },
  schema: {
    type: "string",
    default: "longstop",
    pattern: "^(?!pg_)[a-z_][a-z0-9_]{0,62}$",
    description: "The schema that holds the tables; it is made if it is missing.",
    "x-expected": "a name in lower case, which does not begin with pg_",
  },
  poolMax: {
    type: "integer",
    default: 10,
    minimum: 1,
    maximum: 1000,
    description: "Connections of one gateway at most. What comes beyond them waits its turn.",
  },
  durability: {
    type: "string",
    enum: ["strict", "accept-failover-loss"],
    default: "strict",
    description:
      "strict: a server whose commits a crash or a failover can take back is refused. " +
      "accept-failover-loss: it is taken, and an effect that was lost that way can happen twice.",
  },
  witnessFile: {
    type: "string",
    default: "",
    maxLength: 4096,
    description:
      "A file of this gateway alone that keeps how far the ledger had come, so that an older state that is " +
      "put back while no gateway runs is noticed. Empty: there is none.",
    "x-expected": "the path of a file",
  },
  ...retentionSchemas,
} as const;

/** The options as the store uses them: in ms, and a tombstone never gone before its body. */
export interface PostgresLimits {
  /** With user and password: for the connection alone, never for a sentence. */
  readonly url: string;
  readonly schema: string;
  readonly poolMax: number;
  readonly durability: PostgresOptions["durability"];
  /** Absolute, or null. */
  readonly witnessFile: string | null;
  readonly retentionMs: number;
  readonly tombstoneMs: number;
}

/** Fills in the defaults of what is left out. */
export function postgresLimits(url: string, options: Partial<PostgresOptions>): PostgresLimits {
  const schemas = postgresOptionSchemas;
  const witnessFile = options.witnessFile ?? schemas.witnessFile.default;
  return {
    url,
    schema: options.schema ?? schemas.schema.default,
    poolMax: options.poolMax ?? schemas.poolMax.default,
    durability: options.durability ?? schemas.durability.default,
    witnessFile: witnessFile === "" ? null : resolve(witnessFile),
    ...retentionOf(options),
  };
}
