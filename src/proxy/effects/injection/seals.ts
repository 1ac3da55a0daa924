import { pairs } from "../../upstream-headers.ts";

/** Headers in which a client vouches for the bytes of its body. */
const digests = new Set(["content-md5", "digest", "content-digest", "repr-digest", "x-amz-content-sha256"]);

/** Headers that sign a request, its path and body among the rest: RFC 9421, and vendors' own. */
const signatures = new Set(["signature-input", "signature", "tl-signature", "x-jws-signature"]);

/** Schemes of Authorization that sign the request: AWS Signature 4, OAuth 1 (RFC 5849), HTTP Signatures. */
const signing = /^(?:aws4-|oauth\s|signature\s|hmac)/i;

/**
 * The header by which a client vouches for its body or its query, or null: what was changed there would
 * be refused, so no key is put there.
 */
export function sealOf(headers: readonly string[]): string | null {
  for (const [key, value] of pairs(headers)) {
    const name = key.toLowerCase();
    if (digests.has(name) || signatures.has(name)) return key;
    if (name === "authorization" && signing.test(value.trim())) return key;
  }
  return null;
}
