import { LRUCache } from "lru-cache";

/** What is known of how a model answers who asks it for a stream. */
type Known = "streams" | "whole";

/** How many models are known, each for one account at one upstream. */
const modelsMax = 1_000;
/** How long a model that does not stream is asked for whole answers: an account may be let stream later. */
const wholeForMs = 3_600_000;

/** Which models stream, and which are better asked for whole answers: of one account at one upstream each. */
export class StreamingModels {
  readonly #known: LRUCache<string, Known>;

  /** `now` is the wall clock, ms. */
  constructor(now: () => number) {
    this.#known = new LRUCache({ max: modelsMax, perf: { now }, ttlResolution: 0 });
  }

  isWhole(model: string): boolean {
    return this.#known.get(model) === "whole";
  }

  isStreaming(model: string): boolean {
    return this.#known.get(model) === "streams";
  }

  streams(model: string): void {
    this.#known.set(model, "streams");
  }

  /** It does not stream, or what it streams cannot be put together. */
  answersWhole(model: string): void {
    this.#known.set(model, "whole", { ttl: wholeForMs });
  }
}
