import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  realpathSync,
  statfsSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import { ledgerDown } from "./failures.ts";

const onlyOwner = 0o600;

/**
 * Makes the database's folder (0700) and an empty file (0600) where there is none; SQLite gives its
 * `-wal` and `-shm` files the mode of the database. Returns the real path, so that one database has
 * one lock whatever links lead to it.
 */
export function prepareFile(file: string, report: (sentence: string) => void): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  createOnly(file);
  const real = realpathSync(file);
  checkFileSystem(dirname(real), report);
  for (const path of [real, `${real}-wal`, `${real}-shm`]) {
    if (existsSync(path) && (statSync(path).mode & 0o077) !== 0) chmodSync(path, onlyOwner);
  }
  return real;
}

/**
 * Creates, but never opens what is there: closing any descriptor of a file drops all POSIX locks that
 * this process has on it (https://sqlite.org/howtocorrupt.html, 2.2), its own ledger's among them.
 */
export function createOnly(path: string): void {
  try {
    closeSync(openSync(path, "wx", onlyOwner));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== "EEXIST") throw thrown;
  }
}

// Magic numbers of statfs(2).
const networkFileSystems = new Set([0x6969, 0xff534d42, 0xfe534d42, 0x517b]);
const memoryFileSystems = new Set([0x01021994, 0x858458f6]);

/** What a kind of file system means for the log, whose index is shared memory: https://sqlite.org/wal.html */
export function fileSystemFitness(type: number): "fit" | "forgets" | "unfit" {
  if (networkFileSystems.has(type)) return "unfit";
  return memoryFileSystems.has(type) ? "forgets" : "fit";
}

function checkFileSystem(folder: string, report: (sentence: string) => void): void {
  const fitness = fileSystemFitness(statfsSync(folder).type);
  if (fitness === "unfit") {
    throw ledgerDown(
      `The ledger cannot live in ${folder}: SQLite's log does not work on a network file system.`,
    );
  }
  if (fitness === "forgets") {
    report(
      `The ledger lives in ${folder}, which is memory: a restart of the machine forgets every operation.`,
    );
  }
}
