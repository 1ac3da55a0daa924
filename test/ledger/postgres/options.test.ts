import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { postgresLimits, postgresOptionSchemas } from "../../../src/ledger/postgres/options.ts";

const dayMs = 86_400_000;

describe("the options of the PostgreSQL ledger", () => {
  it("are the defaults of their schemas where they are left out", () => {
    expect(postgresLimits("postgres://x", {})).toEqual({
      url: "postgres://x",
      schema: "longstop",
      poolMax: 10,
      durability: "strict",
      witnessFile: null,
      retentionMs: 7 * dayMs,
      tombstoneMs: 90 * dayMs,
    });
  });

  it("have the place of the witness file from the folder of the process", () => {
    expect(postgresLimits("postgres://x", { witnessFile: "seen" }).witnessFile).toBe(resolve("seen"));
  });

  it("keep the memory of an operation at least as long as its body", () => {
    const limits = postgresLimits("postgres://x", { retentionDays: 10, tombstoneDays: 1 });
    expect([limits.retentionMs, limits.tombstoneMs]).toEqual([10 * dayMs, 10 * dayMs]);
  });

  it("take names of schemas that need no quoting, and none of PostgreSQL's own", () => {
    const pattern = new RegExp(postgresOptionSchemas.schema.pattern);
    for (const name of ["longstop", "_a1", "a".repeat(63)]) expect(name).toMatch(pattern);
    for (const name of ["", "Longstop", "1a", "pg_longstop", "a-b", 'a"b', "a".repeat(64)]) {
      expect(name).not.toMatch(pattern);
    }
  });
});
