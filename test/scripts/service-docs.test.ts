import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { withServices } from "../../scripts/service-docs.ts";
import { readServiceTable } from "../../src/config/service-table.ts";

it("docs/services.md shows config/services.yaml: if not, run `npm run services`", async () => {
  const text = await readFile(new URL("../../docs/services.md", import.meta.url), "utf8");
  const table = await readServiceTable(null);
  if (table.kind !== "services") throw new Error(JSON.stringify(table));
  expect(withServices(text, table.services)).toBe(text);
  expect(withServices(text, table.services.slice(1))).not.toBe(text);
});

it("a page without the place for the table is a fault", () => {
  expect(() => withServices("# Services", [])).toThrow("docs/services.md needs");
});
