import { createHash } from "node:crypto";
import type { Environment } from "../config/secrets.ts";
import { readTextFile } from "../config/text-file.ts";
import { isVirtualKey } from "../exchange/virtual-key.ts";
import { RunError } from "./known-run.ts";

/** Random bytes of a key: 160 bits, in 40 letters and digits. */
const keyBytes = 20;

/** A new virtual key, and how the configuration knows it. `random` gives that many random bytes. */
export function makeVirtualKey(random: (bytes: number) => Uint8Array): {
  readonly key: string;
  readonly hash: string;
} {
  const key = `ls_${Buffer.from(random(keyBytes)).toString("hex")}`;
  return { key, hash: `sha256:${createHash("sha256").update(key).digest("hex")}` };
}

/** What `longstop key` prints. The key is shown this once, and kept nowhere. */
export function virtualKeyText({ key, hash }: { readonly key: string; readonly hash: string }): string {
  return [
    key,
    "",
    "Give this key to the client; it is not shown again. The configuration gets its hash:",
    "",
    "keys:",
    "  <tenant>:",
    "    keys:",
    `      - hash: "${hash}"`,
    "",
  ].join("\n");
}

/** Largest file with a key in it, in bytes. */
const keyFileBytesMax = 1024;

/** Where a virtual key is read from: never the command line, which every user of the machine can list. */
export interface KeyFlags {
  readonly keyEnv?: string;
  readonly keyFile?: string;
}

/** The virtual key that a variable or a file holds, or null where none is named. Throws a `RunError`. */
export async function readVirtualKey(
  { keyEnv, keyFile }: KeyFlags,
  environment: Environment,
): Promise<string | null> {
  if (keyEnv !== undefined) return virtualKeyIn(environment[keyEnv] ?? "", `The variable ${keyEnv}`);
  if (keyFile === undefined) return null;
  const read = await readTextFile(keyFile, "a file with a virtual key", keyFileBytesMax);
  if (read.kind === "text") return virtualKeyIn(read.text, `The file ${keyFile}`);
  throw new RunError(`The file ${keyFile} cannot be used: expected ${read.expected}, found ${read.found}.`);
}

function virtualKeyIn(text: string, place: string): string {
  const key = text.trim();
  if (isVirtualKey(key)) return key;
  const found = key === "" ? "is not there or is empty" : "holds something else";
  throw new RunError(`${place} ${found}; a virtual key begins with ls_, as longstop key prints it.`);
}
