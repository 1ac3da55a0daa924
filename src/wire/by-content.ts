import { LRUCache } from "lru-cache";
import { textKey } from "./text-key.ts";

/** What an entry counts beyond its text: of a text of thirty characters, nearly all that is held. */
const entryChars = 256;

/**
 * A pure function of a text, remembered by that text: turn n of a conversation repeats turn n-1, and
 * only what is new in it is worked on. The values are pure functions of their key, so tenants may share
 * them. `charsMax` bounds the texts that are kept, in UTF-16 units; what is derived from them is about
 * as large again.
 */
export function byContent<Derived extends object>(
  charsMax: number,
  derive: (text: string) => Derived,
): (text: string) => Derived {
  const kept = new LRUCache<string, Derived>({ maxSize: charsMax });
  return (text) => {
    const key = textKey(text);
    const known = kept.get(key);
    if (known !== undefined) return known;
    const own = copyOf(text);
    const derived = derive(own);
    kept.set(key === text ? own : key, derived, { size: text.length + entryChars });
    return derived;
  };
}

// A slice shares the memory of the body that it was cut from, so a kept slice would keep that whole
// body alive. UTF-8 has no form for a lone surrogate, so such texts go through UTF-16.
function copyOf(text: string): string {
  const encoding = text.isWellFormed() ? "utf8" : "utf16le";
  return Buffer.from(text, encoding).toString(encoding);
}
