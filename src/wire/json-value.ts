// Looking into a parsed JSON value whose shape nobody vouches for.

export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The elements of an array; none where something else stands there. */
export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects among the elements of an array. */
export function objectsOf(value: unknown): JsonObject[] {
  const found: JsonObject[] = [];
  for (const element of arrayOf(value)) {
    const object = objectOf(element);
    if (object !== undefined) found.push(object);
  }
  return found;
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
