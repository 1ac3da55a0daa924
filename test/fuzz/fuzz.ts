// A fuzzer of our own: mutations of a corpus that grows by behaviour. A target checks one input, and
// says in a word how it behaved; an input that behaves as none before it joins the corpus.

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export type Random = () => number;

function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A whole number from 0 to `below` - 1. */
export function pick(random: Random, below: number): number {
  return Math.floor(random() * below);
}

export function oneOf<T>(random: Random, list: readonly T[]): T {
  const found = list[pick(random, list.length)];
  if (found === undefined) throw new RangeError("Nothing can be picked from an empty list.");
  return found;
}

export interface Target {
  readonly name: string;
  readonly corpus: readonly Uint8Array[];
  /** Pieces of text that mean something to what is tested. */
  readonly words: readonly string[];
  /**
   * Throws where the input breaks a promise. Gives a short word for how the input behaved. The random
   * numbers depend on the input alone, so a failing input fails again.
   */
  check(input: Uint8Array, random: Random): string;
}

export interface Finding {
  readonly target: string;
  readonly seed: number;
  readonly runs: number;
  /** The smallest input found that still fails, base64. */
  readonly input: string;
  readonly error: string;
}

export interface Fuzzed {
  readonly target: string;
  readonly seed: number;
  readonly runs: number;
  /** How many inputs of the corpus behaved in a way of their own. */
  readonly behaviours: number;
  readonly finding: Finding | null;
}

const inputBytesMax = 64 * 1024;
const corpusMax = 2_000;

/** Runs a target until the time is over, or a promise is broken. */
export function fuzz(target: Target, { seconds, seed }: { seconds: number; seed: number }): Fuzzed {
  const random = randomOf(seed);
  const corpus = [...target.corpus];
  const seen = new Set<string>();
  const until = Date.now() + seconds * 1000;
  let runs = 0;
  const fails = (input: Uint8Array): unknown => {
    try {
      seen.add(target.check(input, randomOf(seedOf(input))));
      return null;
    } catch (thrown) {
      return thrown ?? new Error("nothing was thrown");
    }
  };
  while (Date.now() < until) {
    // The corpus itself comes first: what it holds must be fine before anything is changed in it.
    const input = corpus[runs] ?? mutated(random, corpus, target.words);
    const known = seen.size;
    runs++;
    const error = fails(input);
    if (error !== null) {
      const smallest = shrunk(input, (smaller) => fails(smaller) !== null);
      const last = fails(smallest);
      const text = last instanceof Error ? (last.stack ?? last.message) : JSON.stringify(last);
      const finding = {
        target: target.name,
        seed,
        runs,
        input: Buffer.from(smallest).toString("base64"),
        error: text,
      };
      return { target: target.name, seed, runs, behaviours: seen.size, finding };
    }
    if (seen.size > known && runs > target.corpus.length && corpus.length < corpusMax) corpus.push(input);
  }
  return { target: target.name, seed, runs, behaviours: seen.size, finding: null };
}

function seedOf(input: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of input) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

function mutated(random: Random, corpus: readonly Uint8Array[], words: readonly string[]): Uint8Array {
  let input = Buffer.from(oneOf(random, corpus));
  const times = 1 + pick(random, 4);
  for (let i = 0; i < times; i++) input = mutateOnce(random, input, corpus, words);
  return input.subarray(0, inputBytesMax);
}

function mutateOnce(
  random: Random,
  input: Buffer,
  corpus: readonly Uint8Array[],
  words: readonly string[],
): Buffer<ArrayBuffer> {
  const from = pick(random, input.length + 1);
  const to = Math.min(input.length, from + pick(random, 40));
  const [head, middle, tail] = [input.subarray(0, from), input.subarray(from, to), input.subarray(to)];
  switch (pick(random, 8)) {
    case 0:
      return Buffer.concat([head, tail]);
    case 1:
      return Buffer.concat([head, middle, middle, tail]);
    case 2:
      return Buffer.concat([head, Buffer.from(oneOf(random, words)), middle, tail]);
    case 3:
      return Buffer.concat([head, Buffer.from(oneOf(random, words)), tail]);
    case 4:
      return Buffer.concat([head]);
    case 5: {
      const other = oneOf(random, corpus);
      const at = pick(random, other.length + 1);
      return Buffer.concat([head, other.subarray(at, at + pick(random, 200)), middle, tail]);
    }
    case 6: {
      const changed = Buffer.from(input);
      if (from < changed.length) changed[from] = (changed[from] ?? 0) ^ (1 << pick(random, 8));
      return changed;
    }
    default:
      return Buffer.concat([head, Buffer.from([pick(random, 256)]), middle, tail]);
  }
}

/** Takes out pieces, ever smaller ones, as long as the input still fails. */
function shrunk(input: Uint8Array, stillFails: (smaller: Uint8Array) => boolean): Uint8Array {
  let smallest = input;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < smallest.length;) {
      const smaller = Buffer.concat([smallest.subarray(0, from), smallest.subarray(from + size)]);
      if (stillFails(smaller)) smallest = smaller;
      else from += size;
    }
  }
  return smallest;
}
