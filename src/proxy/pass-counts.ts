import type { Moment } from "../exchange/moments.ts";
import type { PassesFact } from "../exchange/run-facts.ts";

type Count = PassesFact["passes"][number];
/** What a post is counted by. */
type Counted = Pick<Count, "guard" | "mode">;

/** How often posts had nothing to object to. On the way of an exchange this is one number that grows. */
export class PassCounts {
  readonly #now: () => number;
  // By the very post: looking it up costs less than making a name of it.
  #counts = new Map<Counted, { readonly moment: string; count: number }>();
  #fromMs: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(post: Counted, moment: Moment): void {
    const known = this.#counts.get(post);
    if (known !== undefined) {
      known.count++;
      return;
    }
    this.#fromMs ??= this.#now();
    this.#counts.set(post, { moment, count: 1 });
  }

  /** What was counted since it was last taken, or null where nothing was. */
  take(): PassesFact | null {
    if (this.#fromMs === null) return null;
    const sums = new Map<string, Count>();
    for (const [{ guard, mode }, { moment, count }] of this.#counts) {
      const name = `${guard} ${mode} ${moment}`;
      sums.set(name, { guard, mode, moment, count: (sums.get(name)?.count ?? 0) + count });
    }
    const fact = { fromMs: this.#fromMs, passes: [...sums.values()] };
    this.#counts = new Map();
    this.#fromMs = null;
    return fact;
  }

  /** What was taken could not be written: it is counted in once more. */
  giveBack({ fromMs, passes }: PassesFact): void {
    this.#fromMs = Math.min(fromMs, this.#fromMs ?? fromMs);
    for (const one of passes) this.#counts.set(one, { moment: one.moment, count: one.count });
  }
}
