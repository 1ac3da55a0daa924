#!/usr/bin/env node
// Plain JavaScript on purpose: an old Node cannot read the rest, and must still be told what to do.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import process from "node:process";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `longstop: this is Node ${process.versions.node}, and Longstop needs 24.15 or newer.\n` +
      "In a clone, run `npm ci` and then `npm start` or `npm run longstop -- …`: npm brings the right Node along.\n",
  );
  process.exit(1);
}
if (process.argv[2] === "start") startWithFewHelpers();
const source = new URL("src/main.ts", import.meta.url);
const { main } = await import(
  existsSync(source) ? source.href : new URL("dist/main.js", import.meta.url).href
);
process.exitCode = await main(process.argv.slice(2));

/**
 * Node starts four helpers for the garbage collector and the compiler, however few cores there are. Where
 * they share one with the event loop, marking a large heap stops all streams for hundreds of milliseconds.
 * With 0 there is one helper less than there are cores, and one at least; only a new process can be told.
 */
function startWithFewHelpers() {
  const usual = 4;
  const isChosen = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((option) =>
    option.includes("--v8-pool-size"),
  );
  // What a parent process says to this one would not reach the next.
  const isAddressed = process.connected === true;
  if (availableParallelism() > usual || isChosen || isAddressed || process.execve === undefined) return;
  const args = [process.execPath, "--v8-pool-size=0", ...process.execArgv, ...process.argv.slice(1)];
  try {
    process.execve(process.execPath, args, process.env);
  } catch {
    // Where a new program may not be started this one serves as well, with longer pauses.
  }
}
