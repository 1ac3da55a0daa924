import type { Simulated } from "./simulate.ts";

/** What many seeds gave together. */
export interface Told {
  readonly broken: readonly { readonly seed: number; readonly violations: readonly string[] }[];
  /** What happened how often, by name. */
  readonly counts: readonly (readonly [what: string, times: number])[];
  readonly simulatedMs: number;
  readonly seconds: number;
}

/** Plays `count` histories from `first` on, one after the other, for as long as `goOn` says so. */
export async function tellSeeds(
  play: (seed: number) => Promise<Simulated>,
  first: number,
  count: number,
  goOn: (one: Simulated) => boolean = () => true,
): Promise<Told> {
  const startedMs = performance.now();
  const counts = new Map<string, number>();
  const broken: { seed: number; violations: readonly string[] }[] = [];
  let simulatedMs = 0;
  for (let seed = first; seed < first + count; seed++) {
    const one = await play(seed);
    for (const [what, times] of one.counts) counts.set(what, (counts.get(what) ?? 0) + times);
    simulatedMs += one.simulatedMs;
    if (one.violations.length > 0) broken.push({ seed, violations: one.violations });
    if (!goOn(one)) break;
  }
  return {
    broken,
    counts: [...counts].sort(([one], [other]) => (one < other ? -1 : 1)),
    simulatedMs,
    seconds: (performance.now() - startedMs) / 1000,
  };
}
