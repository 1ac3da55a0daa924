import { LRUCache } from "lru-cache";

/** How many models are known to refuse, each for one tenant at one upstream. */
const modelsMax = 1_000;
/** How long a model is not asked again: what stands behind its name may be another one later. */
const refusesForMs = 3_600_000;

/** Models that do not go on behind words of their own. */
export class PrefixRefusals {
  readonly #models: LRUCache<string, true>;

  /** `now` is the wall clock, ms. */
  constructor(now: () => number) {
    this.#models = new LRUCache({ max: modelsMax, ttl: refusesForMs, perf: { now }, ttlResolution: 0 });
  }

  refuses(model: string): boolean {
    return this.#models.get(model) === true;
  }

  refused(model: string): void {
    this.#models.set(model, true);
  }
}
