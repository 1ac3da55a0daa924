import { createHash } from "node:crypto";

/**
 * SHA-256 over a list of pieces, in hex. Each piece is preceded by its kind and length, so that
 * ("ab", "c") and ("a", "bc") differ. A string counts as its UTF-8 bytes.
 */
export function sha256Hex(...pieces: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  const head = Buffer.allocUnsafe(9);
  for (const piece of pieces) {
    const bytes = typeof piece === "string" ? bytesOf(piece) : piece;
    // UTF-8 has no form for a lone surrogate: all of them would become U+FFFD and collide. Such
    // texts are hashed as UTF-16, and the first byte keeps the two forms apart.
    head[0] = typeof piece === "string" && !piece.isWellFormed() ? 1 : 0;
    head.writeBigUInt64BE(BigInt(bytes.length), 1);
    hash.update(head).update(bytes);
  }
  return hash.digest("hex");
}

/** The next link of a hash chain: it stands for `partHash` and for everything before it. */
export function chainNext(previous: string, partHash: string): string {
  return sha256Hex("chain", previous, partHash);
}

/**
 * The first 128 bits of a hash in the form of a UUID of version 4 (RFC 9562, section 5.4), for
 * services that accept nothing else as an idempotency key.
 */
export function v4Shaped(hex: string): string {
  if (!/^[0-9a-f]{32}/i.test(hex)) throw new RangeError("A UUID is made of at least 32 hex digits.");
  const digits = hex.slice(0, 32).toLowerCase();
  const variant = ((Number.parseInt(digits.charAt(16), 16) & 0b0011) | 0b1000).toString(16);
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join("-");
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, text.isWellFormed() ? "utf8" : "utf16le");
}
