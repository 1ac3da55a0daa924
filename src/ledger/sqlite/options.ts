import { resolve } from "node:path";
import { unreliableNames } from "./file-systems.ts";
import { retentionOf, retentionSchemas } from "../retention.ts";

/** What the configuration says about this store. */
export interface SqliteOptions {
  readonly file: string;
  readonly allowFileSystems: readonly string[];
  readonly sizeBytesMax: number;
  readonly retentionDays: number;
  readonly tombstoneDays: number;
}

export const sqliteOptionSchemas = {
  file: {
    type: "string",
    default: "data/longstop.db",
    minLength: 1,
    // SQLite's names for memory, and its URIs, would be taken for odd names of files.
    pattern: "^(?!:memory:$|[fF][iI][lL][eE]:)",
    description: "The database file. One gateway at a time owns it; its folder is made if it is missing.",
    "x-expected": "the path of a file: a ledger in memory would forget, and a URI is no path",
  },
  allowFileSystems: {
    type: "array",
    items: { type: "string", enum: unreliableNames },
    uniqueItems: true,
    default: [],
    description:
      "File systems that the ledger may live on all the same: memory (tmpfs, ramfs) forgets, and on those " +
      "of a network locks and flushes cannot be relied on. Known by name on Linux, and smb on Windows.",
  },
  sizeBytesMax: {
    type: "integer",
    default: 4 * 1024 ** 3,
    minimum: 1024 ** 2,
    maximum: 1024 ** 4,
    description:
      "Bytes that the ledger may hold. Near it nothing new is taken on; what runs is recorded to its end.",
  },
  ...retentionSchemas,
} as const;

/** The options as the store uses them: absolute, in ms, and a tombstone never gone before its body. */
export interface SqliteLimits {
  readonly file: string;
  readonly allowFileSystems: readonly string[];
  readonly sizeBytesMax: number;
  readonly retentionMs: number;
  readonly tombstoneMs: number;
}

/** Fills in the defaults of what is left out. */
export function sqliteLimits(options: Partial<SqliteOptions>): SqliteLimits {
  return {
    file: resolve(options.file ?? sqliteOptionSchemas.file.default),
    allowFileSystems: options.allowFileSystems ?? sqliteOptionSchemas.allowFileSystems.default,
    sizeBytesMax: options.sizeBytesMax ?? sqliteOptionSchemas.sizeBytesMax.default,
    ...retentionOf(options),
  };
}
