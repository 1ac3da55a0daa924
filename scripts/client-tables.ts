import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { withTables } from "../test/clients/support/tables.ts";

// Writes the tables of docs/clients.md anew, from what test/clients holds every client to.

const page = path.resolve(import.meta.dirname, "../docs/clients.md");
const before = readFileSync(page, "utf8");
const after = withTables(before);
writeFileSync(page, after);
console.log(after === before ? "docs/clients.md is current." : "docs/clients.md has new tables.");
