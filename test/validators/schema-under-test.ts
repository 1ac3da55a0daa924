import { readJson } from "../../src/validators/json-tree.ts";
import { readSchema } from "../../src/validators/read-schema.ts";
import { Steps } from "../../src/validators/visits.ts";

/** `if`, `then`, `else`; written out, an object with a `then` looks like a promise to the linter. */
export function conditional<T>(...schemas: readonly [condition: T, yes: T, no: T]): Record<string, T> {
  const keywords = ["if", "then", "else"];
  return Object.fromEntries(schemas.map((schema, place) => [keywords[place] ?? "", schema]));
}

/** A schema and a value, read, with room for any walk over both. */
export function underTest(schema: unknown, value: string | object, formats: readonly string[] = []) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const tree = readSchema(JSON.stringify(schema), { schemaBytesMax: 1_000_000, formats: new Set(formats) });
  return { text, tree, root: readJson(text, { depthMax: 128 }), steps: new Steps(1_000_000) };
}
