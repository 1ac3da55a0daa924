import { blobBytesMax, type Ledger } from "../ledger/ledger.ts";

/** Bytes of JSON that a fact holds itself; anything larger is in blobs, and their hashes stand here. */
const inlineBytesMax = 16 * 1024;

const elsewhere = "longstop blobs";

/** The value as it is written: itself, or where its JSON lies. The blobs are on disk when it resolves. */
export async function valueToWrite(
  ledger: Pick<Ledger, "put">,
  tenant: string,
  value: unknown,
): Promise<unknown> {
  const bytes = Buffer.from(JSON.stringify(value) ?? "null");
  if (bytes.byteLength <= inlineBytesMax) return value;
  const hashes: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += blobBytesMax) {
    hashes.push(await ledger.put(tenant, bytes.subarray(at, at + blobBytesMax)));
  }
  return { [elsewhere]: hashes };
}

/** The value that was written, or undefined where its blobs have left by age. */
export async function valueAsWritten(
  ledger: Pick<Ledger, "get">,
  tenant: string,
  written: unknown,
): Promise<unknown> {
  const hashes = hashesIn(written);
  if (hashes === null) return written;
  const pieces = await Promise.all(hashes.map((hash) => ledger.get(tenant, hash)));
  if (pieces.includes(null)) return undefined;
  return JSON.parse(Buffer.concat(pieces as Uint8Array[]).toString("utf8")) as unknown;
}

function hashesIn(written: unknown): readonly string[] | null {
  if (typeof written !== "object" || written === null || !(elsewhere in written)) return null;
  return written[elsewhere] as readonly string[];
}
