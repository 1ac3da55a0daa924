/** One `name=value` of a form or a query, as offsets of its value. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The pairs of `application/x-www-form-urlencoded` text (WHATWG URL, 5.1) in order. Null where an escape
 * stands for no UTF-8: readers differ about those, so nobody can say which name is meant.
 */
export function pairsOf(text: string): readonly Pair[] | null {
  const found: Pair[] = [];
  let at = 0;
  for (const piece of text.split("&")) {
    const equals = piece.indexOf("=");
    const nameEnd = equals < 0 ? piece.length : equals;
    const start = at + (equals < 0 ? piece.length : equals + 1);
    const name = decoded(piece.slice(0, nameEnd));
    const value = decoded(text.slice(start, at + piece.length));
    if (name === null || value === null) return null;
    if (piece !== "") found.push({ name, value, start, end: at + piece.length });
    at += piece.length + 1;
  }
  return found;
}

/** The text with `value` for the one pair of this name, which is added at the end where there is none. */
export function withPair(text: string, pair: Pair | undefined, name: string, value: string): string {
  const written = encodeURIComponent(value);
  if (pair === undefined) {
    const joint = text === "" || text.endsWith("&") ? "" : "&";
    return `${text}${joint}${encodeURIComponent(name)}=${written}`;
  }
  const equals = text.charAt(pair.start - 1) === "=" ? "" : "=";
  return `${text.slice(0, pair.start)}${equals}${written}${text.slice(pair.end)}`;
}

/** The text without a pair, and without one of the `&` beside it. */
export function withoutPair(text: string, { start, end }: Pair): string {
  const from = text.lastIndexOf("&", start - 1) + 1;
  const before = text.slice(0, from);
  const behind = text.slice(end);
  return behind === "" ? before.slice(0, -1) : before + behind.slice(1);
}

function decoded(text: string): string | null {
  // A `%` that begins no escape stands for itself.
  const plain = text.replaceAll("+", " ").replaceAll(/%(?![0-9a-fA-F]{2})/g, "%25");
  try {
    return decodeURIComponent(plain);
  } catch {
    return null;
  }
}
