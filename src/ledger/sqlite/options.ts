import { resolve } from "node:path";

/** What the configuration says about this store. */
export interface SqliteOptions {
  readonly file: string;
  readonly sizeBytesMax: number;
  readonly retentionDays: number;
  readonly tombstoneDays: number;
}

export const sqliteOptionSchemas = {
  file: {
    type: "string",
    default: "data/longstop.db",
    minLength: 1,
    description: "The database file. One gateway at a time owns it; its folder is made if it is missing.",
  },
  sizeBytesMax: {
    type: "integer",
    default: 4 * 1024 ** 3,
    minimum: 1024 ** 2,
    maximum: 1024 ** 4,
    description:
      "Bytes that the ledger may hold. Near it nothing new is taken on; what runs is recorded to its end.",
  },
  retentionDays: {
    type: "number",
    default: 7,
    minimum: 0.01,
    maximum: 3650,
    description: "Days that recorded bodies and facts are kept.",
  },
  tombstoneDays: {
    type: "number",
    default: 90,
    minimum: 0.01,
    maximum: 3650,
    description:
      "Days that an ended operation is remembered, so that it is not executed twice. At least retentionDays.",
  },
} as const;

const dayMs = 86_400_000;

/** The options as the store uses them: absolute, in ms, and a tombstone never gone before its body. */
export interface SqliteLimits {
  readonly file: string;
  readonly sizeBytesMax: number;
  readonly retentionMs: number;
  readonly tombstoneMs: number;
}

/** Fills in the defaults of what is left out. */
export function sqliteLimits(options: Partial<SqliteOptions>): SqliteLimits {
  const retentionMs = (options.retentionDays ?? sqliteOptionSchemas.retentionDays.default) * dayMs;
  const tombstoneMs = (options.tombstoneDays ?? sqliteOptionSchemas.tombstoneDays.default) * dayMs;
  return {
    file: resolve(options.file ?? sqliteOptionSchemas.file.default),
    sizeBytesMax: options.sizeBytesMax ?? sqliteOptionSchemas.sizeBytesMax.default,
    retentionMs,
    tombstoneMs: Math.max(tombstoneMs, retentionMs),
  };
}
