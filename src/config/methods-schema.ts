import type { Schema } from "./schema.ts";

/** A list of HTTP methods. */
export function methodsSchema(description: string): Schema {
  return {
    type: "array",
    items: {
      type: "string",
      pattern: "^[A-Z][A-Z-]{0,31}$",
      "x-expected": "an HTTP method in capital letters",
    },
    minItems: 1,
    maxItems: 64,
    uniqueItems: true,
    description,
  };
}
