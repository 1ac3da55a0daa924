import { createHash, hash } from "node:crypto";

/**
 * SHA-256 over a list of pieces, in hex. Each piece is preceded by its length, so that ("ab", "c")
 * and ("a", "bc") differ. A string counts as its UTF-8 bytes.
 */
export function sha256Hex(...pieces: readonly (string | Uint8Array)[]): string {
  let joined = "text";
  for (const piece of pieces) {
    // UTF-8 has no form for a lone surrogate: all of them would become U+FFFD and collide.
    if (typeof piece !== "string" || !piece.isWellFormed()) return hashOfBytes(pieces);
    joined += `,${piece.length}:${piece}`;
  }
  // One call for all pieces: most are short, and each call costs more than the hashing.
  return hash("sha256", joined, "hex");
}

/** The same for pieces that are no text, in a form that no list of texts can have. */
function hashOfBytes(pieces: readonly (string | Uint8Array)[]): string {
  const hashing = createHash("sha256").update("bytes");
  const head = Buffer.allocUnsafe(9);
  for (const piece of pieces) {
    const bytes = typeof piece === "string" ? bytesOf(piece) : piece;
    // Texts that are not well-formed are hashed as UTF-16, and the first byte keeps the forms apart.
    head[0] = typeof piece !== "string" ? 2 : piece.isWellFormed() ? 0 : 1;
    head.writeBigUInt64BE(BigInt(bytes.length), 1);
    hashing.update(head).update(bytes);
  }
  return hashing.digest("hex");
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
