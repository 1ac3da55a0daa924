import { LRUCache } from "lru-cache";
import type { Caller } from "../exchange/exchange.ts";
import type { Log } from "../exchange/log.ts";
import { factKinds, subjectOfRun } from "../exchange/run-facts.ts";
import type { RunUsage } from "../exchange/run-usage.ts";
import type { Usage } from "../exchange/turn.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { Portion, Tally } from "./run-tally.ts";

/** How many runs at rest are kept in memory; the ledger has them all. */
const runsMax = 10_000;

interface Run {
  readonly tenant: string;
  readonly id: string;
  readonly tally: Tally;
  /** Reading what the ledger has, or null once that is done, or where it failed. */
  reading: Promise<void> | null;
  /** One write at a time, in their order. */
  writing: Promise<void>;
}

/**
 * What explicit runs have used: read from the ledger once, then counted in memory, and written after
 * each exchange. What cannot be written now is kept and goes with the next write.
 */
export class RunUsages {
  readonly #ledger: Ledger;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #busy = new Map<string, Run>();
  readonly #atRest = new LRUCache<string, Run>({
    max: runsMax,
    dispose: ({ id, tally }, _key, reason) => {
      if (reason !== "evict" || !tally.isUnwritten) return;
      this.#log.warn("what a run has used is lost: it could not be written for too long", { run: id });
    },
  });

  constructor(ledger: Ledger, log: Log, now: () => number) {
    this.#ledger = ledger;
    this.#log = log;
    this.#now = now;
  }

  /** Begins an exchange of a run: takes its place among the run's calls. Null for an anonymous run. */
  async open({ tenant, run }: Caller, model: string): Promise<RunShare | null> {
    if (run.id === null) return null;
    const known = this.#take(tenant, run.id);
    // The place is taken before anything is waited for: as long as it is, the run stays in memory.
    const portion = new Portion(model);
    known.tally.begin(portion);
    if (!known.tally.complete) await this.#read(known);
    const before = known.tally.before(portion, this.#now());
    const close = (): Promise<void> => this.#close(known, portion);
    return new RunShare(before, portion, { now: this.#now, log: this.#log, close });
  }

  #take(tenant: string, id: string): Run {
    const key = `${tenant} ${id}`;
    const known = this.#busy.get(key) ?? this.#atRest.get(key) ?? null;
    const run = known ?? { tenant, id, tally: new Tally(), reading: null, writing: Promise.resolve() };
    this.#atRest.delete(key);
    this.#busy.set(key, run);
    return run;
  }

  async #read(run: Run): Promise<void> {
    // Behind the writes: what they add must be read either here or not at all.
    run.reading ??= run.writing.then(() => this.#readFacts(run));
    await run.reading;
  }

  async #readFacts(run: Run): Promise<void> {
    try {
      const facts = await this.#ledger.facts(run.tenant, subjectOfRun(run.id), factKinds.runUsage);
      run.tally.hasWritten(facts.map(({ value }) => value));
    } catch (cause) {
      this.#log.warn("what a run has used cannot be read", { run: run.id, cause });
    } finally {
      run.reading = null;
    }
  }

  async #close(run: Run, portion: Portion): Promise<void> {
    run.tally.end(portion);
    run.writing = Promise.all([run.writing, run.reading]).then(() => this.#write(run));
    await run.writing;
    if (run.tally.isBusy) return;
    const key = `${run.tenant} ${run.id}`;
    this.#busy.delete(key);
    this.#atRest.set(key, run);
  }

  async #write(run: Run): Promise<void> {
    const portions = run.tally.takeUnwritten();
    if (portions.length === 0) return;
    const { tenant, id } = run;
    try {
      await this.#ledger.append(
        portions.map((portion) => ({
          tenant,
          subject: subjectOfRun(id),
          kind: factKinds.runUsage,
          value: portion.toFact(),
        })),
      );
      run.tally.written(portions);
    } catch (cause) {
      run.tally.notWritten(portions);
      this.#log.warn("what a run has used cannot be written", { run: id, cause });
    }
  }
}

interface SharePorts {
  readonly now: () => number;
  readonly log: Log;
  readonly close: () => Promise<void>;
}

/** One exchange's share in what its run uses. */
export class RunShare {
  /** What the run had used before, the other exchanges under way included. */
  readonly before: RunUsage;
  readonly #portion: Portion;
  readonly #ports: SharePorts;
  readonly #estimates: Promise<PromiseSettledResult<Usage>[]>[] = [];

  constructor(before: RunUsage, portion: Portion, ports: SharePorts) {
    this.before = before;
    this.#portion = portion;
    this.#ports = ports;
  }

  /** A request leaves for the model. */
  sent(): void {
    this.#portion.sent(this.#ports.now());
  }

  /** It surely never left. */
  notSent(): void {
    this.#portion.notSent();
  }

  /** An answer has ended, whole or cut. What must be estimated first may take its time. */
  used(usage: Usage | Promise<Usage>): void {
    // Settled from the start: a failure before the exchange has ended would be one that nobody handles.
    if (usage instanceof Promise) this.#estimates.push(Promise.allSettled([usage]));
    else this.#portion.add(usage);
  }

  /** The exchange has ended: what it used is written, and the place of a request that never left is free. */
  async close(): Promise<void> {
    const { log, close } = this.#ports;
    for (const estimated of (await Promise.all(this.#estimates)).flat()) {
      if (estimated.status === "fulfilled") this.#portion.add(estimated.value);
      else log.warn("tokens of an answer cannot be estimated", { cause: estimated.reason as unknown });
    }
    await close();
  }
}
