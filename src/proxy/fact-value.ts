import type { Ledger } from "../ledger/ledger.ts";
import { storeByContent } from "./effects/recorded-answer.ts";

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
  return { [elsewhere]: await storeByContent(ledger, tenant, bytes) };
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
