/** Bytes of JSON in a fact's value or a record's detail; anything larger is a blob. */
export const jsonBytesMax = 64 * 1024;

/** Rows that one list gives at most, whatever was asked for. */
export const rowsMax = 10_000;

/** A limit as a list keeps it. */
export function bounded(limit: number): number {
  return Math.max(0, Math.min(Math.floor(limit), rowsMax));
}

/** The JSON of a small value. Throws a RangeError where it is not small. */
export function smallJson(what: string, value: unknown): string {
  const json = JSON.stringify(value) ?? "null";
  const bytes = Buffer.byteLength(json);
  if (bytes > jsonBytesMax) throw new RangeError(`${what} has ${bytes} bytes, of at most ${jsonBytesMax}`);
  return json;
}

/**
 * Throws where a name has half a surrogate pair: UTF-8 has no such thing, so SQLite would store one
 * replacement for all of them, and two names would be one.
 */
export function wellFormed(names: readonly (string | null)[]): void {
  for (const name of names) {
    if (name !== null && !name.isWellFormed()) {
      throw new RangeError("a name in the ledger must be well-formed Unicode");
    }
  }
}
