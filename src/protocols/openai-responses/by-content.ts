import { LRUCache } from "lru-cache";

/**
 * A pure function of a text, remembered by that text: an agent sends its whole history again on every
 * turn, and only what is new in it is worked on. The values are pure functions of their key, so tenants
 * may share them. `charactersMax` bounds the texts that are kept; what is derived is about as large again.
 */
export function byContent<Derived extends object>(
  charactersMax: number,
  derive: (text: string) => Derived,
): (text: string) => Derived {
  const kept = new LRUCache<string, Derived>({
    maxSize: charactersMax,
    sizeCalculation: (_derived, text) => text.length + 256,
  });
  return (text) => {
    const known = kept.get(text);
    if (known !== undefined) return known;
    const derived = derive(text);
    // A slice keeps the whole body that it was cut from in memory; this copy stands alone.
    kept.set(` ${text}`.slice(1), derived);
    return derived;
  };
}
