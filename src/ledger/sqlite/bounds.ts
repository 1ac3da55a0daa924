/** Bytes of JSON in a fact's value or a record's detail; anything larger is a blob. */
export const jsonBytesMax = 64 * 1024;

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
