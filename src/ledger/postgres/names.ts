import type { Database } from "./database.ts";
import { ledgerDown } from "./failures.ts";

/**
 * Throws where a name has a NUL: PostgreSQL stores none in text, and a replacement would make two names
 * one. Names that come from a request have none; JSON writes one as an escape.
 */
export function storable(names: readonly (string | null)[]): void {
  if (names.some((name) => name?.includes("\0") === true)) {
    throw new RangeError("a name in the ledger must have no NUL");
  }
}

/** Text for people, as it can be stored. */
export function readable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** Names and values travel as UTF-8, and a database in another encoding has not all of it. */
export async function requireUtf8(database: Database): Promise<void> {
  const row = await database.alone.one("select current_setting('server_encoding') as encoding");
  if (row?.["encoding"] !== "UTF8") {
    throw ledgerDown(`The ledger ${database.place} is in ${String(row?.["encoding"])}; it needs UTF8.`);
  }
}
