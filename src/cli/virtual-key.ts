import { createHash } from "node:crypto";

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
