import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { families } from "./support/families.ts";
import { faults } from "./support/faults.ts";
import { tables, withTables } from "./support/tables.ts";

const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/clients.md"), "utf8");

it("docs/clients.md says what the tests hold every client to; `npm run clients:tables` writes it anew", () => {
  expect(page).toBe(withTables(page));
});

it("the tables have a line for each fault and each client", () => {
  for (const name of Object.keys(faults)) expect(tables["faults"]).toContain(`| ${name} |`);
  const named = Object.values(families).filter(({ isBare }) => isBare !== true);
  for (const { name } of named) expect(tables["errors"]).toContain(`| ${name} |`);
});
