// "Did you mean …?" for names and enum values that a model got nearly right.

// Well below 256, where a row of bytes would overflow.
const charactersMax = 64;
const candidatesMax = 500;

/**
 * The candidates nearest to a word, nearest first, in their given order where they are equally near.
 * Only what could be a slip counts: at most a third of the longer word may differ. Case, `_`, `-` and
 * spaces are no difference, so that `userId` finds `user_id`.
 */
export function nearest(word: string, candidates: readonly string[], most: number): string[] {
  const plain = plainForm(word);
  const ranked: { readonly candidate: string; readonly steps: number }[] = [];
  for (const candidate of candidates.slice(0, candidatesMax)) {
    const other = plainForm(candidate);
    const allowed = Math.max(1, Math.floor(Math.max(plain.length, other.length) / 3));
    const steps = nearness(plain, other, allowed);
    if (steps <= allowed) ranked.push({ candidate, steps });
  }
  ranked.sort((one, other) => one.steps - other.steps);
  return ranked.slice(0, most).map((entry) => entry.candidate);
}

function plainForm(word: string): string {
  const plain = word
    .slice(0, charactersMax)
    .toLowerCase()
    .replaceAll(/[\s_.-]/g, "");
  return plain === "" ? word.slice(0, charactersMax) : plain;
}

/** A word that holds the other as a whole (`city_name`, `city`) is one step away. */
function nearness(word: string, other: string, allowed: number): number {
  const [short, long] = word.length < other.length ? [word, other] : [other, word];
  if (short.length >= 3 && short !== long && (long.startsWith(short) || long.endsWith(short))) return 1;
  return distance(word, other, allowed);
}

/** Damerau-Levenshtein (optimal string alignment) of words under 256 characters; at most `upTo + 1`. */
export function distance(word: string, other: string, upTo: number): number {
  if (Math.abs(word.length - other.length) > upTo) return upTo + 1;
  const columns = other.length + 1;
  let beforeLast = new Uint8Array(columns);
  let last = Uint8Array.from({ length: columns }, (_, column) => column);
  let current = new Uint8Array(columns);
  for (let row = 1; row <= word.length; row += 1) {
    current[0] = row;
    let least = row;
    for (let column = 1; column < columns; column += 1) {
      const same = word.charCodeAt(row - 1) === other.charCodeAt(column - 1);
      let best = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && isSwap(word, other, row, column)) {
        best = Math.min(best, at(beforeLast, column - 2) + 1);
      }
      current[column] = best;
      if (best < least) least = best;
    }
    if (least > upTo) return upTo + 1;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return Math.min(at(last, columns - 1), upTo + 1);
}

function at(row: Uint8Array, column: number): number {
  return row[column] ?? 0;
}

function isSwap(word: string, other: string, row: number, column: number): boolean {
  return (
    word.charCodeAt(row - 1) === other.charCodeAt(column - 2) &&
    word.charCodeAt(row - 2) === other.charCodeAt(column - 1)
  );
}
