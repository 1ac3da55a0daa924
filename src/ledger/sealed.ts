import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { LongstopError } from "../exchange/error.ts";
import { blobBytesMax, type Ledger } from "./ledger.ts";

/** Bytes of a key for blobs: those of AES-256. */
const blobKeyBytes = 32;

// A sealed blob: these bytes, the id of the key, the nonce, the ciphertext, the tag.
const magic = Buffer.from("LSB1");
const keyIdBytes = 8;
/** NIST SP 800-38D, 8.2.2: a random nonce has 96 bits. */
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = magic.byteLength + keyIdBytes + nonceBytes;

/** Stands before the address of a sealed blob. The address of a plain one is bare hex, or was given. */
const sealedMark = "sealed-";
const hash = /^[0-9a-f]{64}$/;

/** One key, with what is derived from it. */
interface BlobKey {
  readonly id: Buffer;
  readonly addressing: Buffer;
  readonly sealing: Buffer;
}

/**
 * How blobs are kept:
 * - `plain`: as they are
 * - `sealed`: new ones with the first key, old ones read with any
 * - `locked`: sealed, but the keys are not at hand: what needs them is refused
 */
export type BlobKeeping =
  | { readonly kind: "plain" }
  | { readonly kind: "sealed"; readonly keys: readonly Uint8Array[] }
  | { readonly kind: "locked" };

/**
 * A ledger whose blobs are sealed with AES-256-GCM before they reach the store, whatever store that
 * is. Each address says whether its blob is sealed, so that plain ones from before stay readable, and
 * sealed ones are never taken for answers once the keys are gone. Claims and facts are not sealed.
 *
 * `get` throws `answer_unreadable` where the key is not there or a byte was changed; `put` throws
 * `ledger_down` where it is locked.
 */
export function sealed(ledger: Ledger, keeping: BlobKeeping): Ledger {
  const keys = keeping.kind === "sealed" ? keeping.keys.map((key) => derive(key)) : [];
  const [newest] = keys;
  const put = async (tenant: string, bytes: Uint8Array, given?: string): Promise<string> => {
    if (newest === undefined) {
      throw new LongstopError(
        "ledger_down",
        "Bodies are sealed, and the key is not here: set the variable or the file of ledger.encryption.",
      );
    }
    if (bytes.byteLength > blobBytesMax) {
      throw new RangeError(`a blob has ${bytes.byteLength} bytes, of at most ${blobBytesMax}`);
    }
    const address = given === undefined ? addressOf(newest, tenant, bytes) : sealedMark + given;
    return ledger.put(tenant, seal(newest, tenant, address, bytes), address);
  };
  const get = async (tenant: string, address: string): Promise<Uint8Array | null> => {
    const bytes = await ledger.get(tenant, address);
    if (address.startsWith(sealedMark)) return bytes === null ? null : open(keys, tenant, address, bytes);
    // Who gave an address does not know how its bytes are kept.
    return bytes !== null || hash.test(address) ? bytes : get(tenant, sealedMark + address);
  };
  return {
    ...(ledger.keepsOrder === undefined ? {} : { keepsOrder: ledger.keepsOrder }),
    ...(ledger.hasOneOwner === undefined ? {} : { hasOneOwner: ledger.hasOneOwner }),
    put: keeping.kind === "plain" ? (...asked) => ledger.put(...asked) : put,
    get,
    // Whatever is asked goes on whole, also what a verb is taught later.
    claim: (...asked) => ledger.claim(...asked),
    renew: (...asked) => ledger.renew(...asked),
    settle: (...asked) => ledger.settle(...asked),
    markDelivered: (...asked) => ledger.markDelivered(...asked),
    read: (...asked) => ledger.read(...asked),
    append: (...asked) => ledger.append(...asked),
    facts: (...asked) => ledger.facts(...asked),
    listRuns: (...asked) => ledger.listRuns(...asked),
    listClaims: (...asked) => ledger.listClaims(...asked),
    wait: (...asked) => ledger.wait(...asked),
    sweep: (...asked) => ledger.sweep(...asked),
    health: (...asked) => ledger.health(...asked),
    ...(ledger.confirm === undefined ? {} : { confirm: ledger.confirm.bind(ledger) }),
    close: (...asked) => ledger.close(...asked),
  };
}

/** One key for each use: RFC 5869. */
function derive(key: Uint8Array): BlobKey {
  if (key.byteLength !== blobKeyBytes) {
    throw new RangeError(`a key for blobs has ${blobKeyBytes} bytes, not ${key.byteLength}`);
  }
  const of = (use: string): Buffer =>
    Buffer.from(hkdfSync("sha256", key, new Uint8Array(), `longstop blobs: ${use}`, blobKeyBytes));
  return { id: of("id").subarray(0, keyIdBytes), addressing: of("address"), sealing: of("seal") };
}

/** Equal for equal bytes of one tenant under one key; without the key it says nothing of them. */
function addressOf(key: BlobKey, tenant: string, bytes: Uint8Array): string {
  const hmac = createHmac("sha256", key.addressing).update(`${Buffer.byteLength(tenant)}:${tenant}`);
  return sealedMark + hmac.update(bytes).digest("hex");
}

/**
 * The key of one content. With one for all, the number of blobs would be bounded: after 2^32 random
 * nonces two may be equal (SP 800-38D, 8.3), and equal nonces over different contents give both away.
 */
function contentKey({ sealing }: BlobKey, associated: Uint8Array): Buffer {
  return createHmac("sha256", sealing).update(associated).digest();
}

/** What a blob is bound to: bytes that were moved to another tenant or another address do not open. */
function associatedWith(tenant: string, address: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(tenant)}:${tenant}${address}`);
}

function seal(key: BlobKey, tenant: string, address: string, bytes: Uint8Array): Uint8Array {
  const associated = associatedWith(tenant, address);
  const nonce = randomBytes(nonceBytes);
  const head = Buffer.concat([magic, key.id, nonce]);
  const cipher = createCipheriv("aes-256-gcm", contentKey(key, associated), nonce);
  cipher.setAAD(Buffer.concat([head, associated]));
  return Buffer.concat([head, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function open(keys: readonly BlobKey[], tenant: string, address: string, bytes: Uint8Array): Uint8Array {
  const blob = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (blob.byteLength < headBytes + tagBytes || !blob.subarray(0, magic.byteLength).equals(magic)) {
    throw unreadable("it is damaged", null);
  }
  const id = blob.subarray(magic.byteLength, magic.byteLength + keyIdBytes);
  const key = keys.find((one) => timingSafeEqual(one.id, id));
  if (key === undefined) {
    throw unreadable("it is sealed with a key that is not configured (ledger.encryption)", null);
  }
  const associated = associatedWith(tenant, address);
  const nonce = blob.subarray(headBytes - nonceBytes, headBytes);
  const end = blob.byteLength - tagBytes;
  const decipher = createDecipheriv("aes-256-gcm", contentKey(key, associated), nonce, {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.concat([blob.subarray(0, headBytes), associated]));
  decipher.setAuthTag(blob.subarray(end));
  try {
    return Buffer.concat([decipher.update(blob.subarray(headBytes, end)), decipher.final()]);
  } catch (cause) {
    throw unreadable("it was changed since it was sealed", cause);
  }
}

function unreadable(why: string, cause: unknown): LongstopError {
  return new LongstopError("answer_unreadable", `What was recorded cannot be read: ${why}.`, {
    cause,
  });
}
