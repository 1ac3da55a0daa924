import { LRUCache } from "lru-cache";
import { grammarPattern } from "./grammar-pattern.ts";
import type { PatternReading } from "./linear-pattern.ts";
import { OverLimit } from "./schema.ts";

/** Steps of one check in the gateway's own thread: characters times instructions of the program. */
const stepsMax = 20_000_000;
/** Instructions of all programs that are kept ready, and characters of the definitions they are found by. */
const keptMax = 50_000;

const kept = new LRUCache<string, PatternReading>({
  maxSize: keptMax,
  sizeCalculation: (pattern, definition) => definition.length + ("unsupported" in pattern ? 1 : pattern.size),
});

export type GrammarFinding = "fits" | "does-not-fit" | { readonly unsupported: string };

/** Checks the free text of a call against a `regex` grammar. Throws `OverLimit`. */
export function checkGrammar(definition: string, text: string): GrammarFinding {
  const known = kept.get(definition);
  const pattern = known ?? grammarPattern(definition);
  if (known === undefined) kept.set(definition, pattern);
  if ("unsupported" in pattern) return pattern;
  if (text.length * pattern.size > stepsMax) {
    throw new OverLimit(`its text of ${text.length} characters is too long for its grammar`);
  }
  return pattern.test(text) ? "fits" : "does-not-fit";
}
