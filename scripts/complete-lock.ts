import { readFileSync, writeFileSync } from "node:fs";
import { completed, missingFrom, type LockEntries } from "./lock.ts";

// Run as `npm run lock` after `npm install`, where a test says that the lock file is not complete.

const file = "package-lock.json";
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: LockEntries };
const missing = missingFrom(lock.packages);
writeFileSync(file, `${JSON.stringify({ ...lock, packages: completed(lock.packages) }, null, 2)}\n`);
console.log(`${file}: ${missing.length} entries added.`);
