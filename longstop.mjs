#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node cannot read the rest, and must still be told what to do.
import { existsSync } from "node:fs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `longstop: this is Node ${process.versions.node}, and Longstop needs 24.15 or newer.\n` +
      "In a clone, run `npm ci` and then `npm start` or `npm run longstop -- …`: npm brings the right Node along.\n",
  );
  process.exit(1);
}
const source = new URL("src/main.ts", import.meta.url);
const { main } = await import(
  existsSync(source) ? source.href : new URL("dist/main.js", import.meta.url).href
);
process.exitCode = await main(process.argv.slice(2));
