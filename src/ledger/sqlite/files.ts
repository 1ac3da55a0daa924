import { chmodSync, closeSync, existsSync, mkdirSync, openSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fileSystemRemark } from "./file-systems.ts";
import { witnessPath } from "../witness.ts";

const onlyOwner = 0o600;

/**
 * Makes the database's folder (0700) and an empty file (0600) where there is none; SQLite gives its
 * `-wal` and `-shm` files the mode of the database. Returns the real path, so that one database has
 * one lock whatever links lead to it.
 */
export function prepareFile(
  file: string,
  allowFileSystems: readonly string[],
  report: (sentence: string) => void,
): string {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Before anything is made there, and again where a link leads from there to elsewhere.
  const remarks = new Set([fileSystemRemark(realpathSync(folder), allowFileSystems)]);
  createOnly(file);
  const real = realpathSync(file);
  remarks.add(fileSystemRemark(dirname(real), allowFileSystems));
  for (const remark of remarks) if (remark !== null) report(remark);
  for (const path of [real, `${real}-wal`, `${real}-shm`, witnessPath(real)]) {
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
