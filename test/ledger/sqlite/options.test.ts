import { isAbsolute } from "node:path";
import { expect, it } from "vitest";
import { sqliteLimits, sqliteOptionSchemas } from "../../../src/ledger/sqlite/options.ts";

const dayMs = 24 * 60 * 60 * 1000;

it("fills in the defaults of its schemas", () => {
  const limits = sqliteLimits({});
  expect(limits).toMatchObject({
    sizeBytesMax: sqliteOptionSchemas.sizeBytesMax.default,
    retentionMs: 7 * dayMs,
    tombstoneMs: 90 * dayMs,
  });
  expect(isAbsolute(limits.file)).toBe(true);
  expect(limits.file).toMatch(/data.longstop\.db$/);
});

it("never lets an operation be forgotten before its body", () => {
  expect(sqliteLimits({ retentionDays: 30, tombstoneDays: 1 })).toMatchObject({
    retentionMs: 30 * dayMs,
    tombstoneMs: 30 * dayMs,
  });
});

it.each([
  [":memory:", false],
  ["file:x?mode=memory", false],
  ["FILE:x", false],
  ["data/longstop.db", true],
  ["./:memory:", true],
  ["files/file:x.db", true],
])("takes paths of files alone: %s", (file, isPath) => {
  expect(new RegExp(sqliteOptionSchemas.file.pattern, "u").test(file)).toBe(isPath);
});
