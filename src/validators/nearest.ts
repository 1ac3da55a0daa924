// "Did you mean …?" for names and enum values that a model got nearly right.

const charactersMax = 64;
const candidatesMax = 1_000;

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

/** Damerau-Levenshtein (optimal string alignment); `upTo + 1` stands for anything beyond `upTo`. */
export function distance(word: string, other: string, upTo: number): number {
  if (Math.abs(word.length - other.length) > upTo) return upTo + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= word.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= other.length; column += 1) {
      current.push(step(word, other, row, column, beforeLast, last, current));
    }
    if (Math.min(...current) > upTo) return upTo + 1;
    beforeLast = last;
    last = current;
  }
  return Math.min(last[other.length] ?? upTo + 1, upTo + 1);
}

function step(
  word: string,
  other: string,
  row: number,
  column: number,
  beforeLast: readonly number[],
  last: readonly number[],
  current: readonly number[],
): number {
  const same = word[row - 1] === other[column - 1];
  let best = Math.min(
    (last[column] ?? Infinity) + 1,
    (current[column - 1] ?? Infinity) + 1,
    (last[column - 1] ?? Infinity) + (same ? 0 : 1),
  );
  const swapped = word[row - 1] === other[column - 2] && word[row - 2] === other[column - 1];
  if (row > 1 && column > 1 && swapped) best = Math.min(best, (beforeLast[column - 2] ?? Infinity) + 1);
  return best;
}
