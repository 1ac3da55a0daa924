/** A media type without its parameters (`charset=utf-8`), in lower case. */
export function mediaTypeOf(written: string): string {
  return (written.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/** JSON, and whatever is written as JSON (RFC 6839, 3.1). */
export function isJsonType(type: string): boolean {
  return type === "application/json" || type === "text/json" || type.endsWith("+json");
}

/** What a map of media types and ranges has for a type: the most exact one. */
export function closestType<T>(forms: ReadonlyMap<string, T>, type: string): T | undefined {
  const [kind = ""] = type.split("/", 1);
  return forms.get(type) ?? forms.get(`${kind}/*`) ?? forms.get("*/*");
}
