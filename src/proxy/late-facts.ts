import type { Fact } from "../exchange/fact.ts";
import type { Log } from "../exchange/log.ts";
import { factKinds, passesPlace, subjectOfRun, type ExchangeFact } from "../exchange/run-facts.ts";
import type { Caller } from "../exchange/exchange.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Inbound } from "./inbound.ts";
import type { PassCounts } from "./pass-counts.ts";
import type { Route } from "./routes.ts";

/** How often what nobody waits for is written, ms: a crash loses no more than this. */
const writeEveryMs = 5000;
/** Facts that wait for a ledger that is down; those beyond are counted as lost. */
const waitingMax = 10_000;
const factsPerAppendMax = 500;
/** Longest path that is written down, in characters. */
const pathCharsMax = 200;

type Unwritten = Omit<Fact, "sequence" | "atMs">;

/**
 * Facts that nobody waits for: which exchanges explicit runs had, and how often posts let pass. They
 * are written together every few seconds, and once more at the end.
 */
export class LateFacts {
  readonly #ledger: Pick<Ledger, "append">;
  readonly #passes: PassCounts;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #waiting: Unwritten[] = [];
  #lost = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    ledger: Pick<Ledger, "append">,
    passes: PassCounts,
    log: Log,
    now: () => number,
    everyMs = writeEveryMs,
  ) {
    this.#ledger = ledger;
    this.#passes = passes;
    this.#log = log;
    this.#now = now;
    this.#timer = setInterval(() => void this.write(), everyMs);
    this.#timer.unref();
  }

  /** An exchange has ended. One of an anonymous run leaves no trace. */
  exchange({ tenant, run, agent }: Caller, route: Route, inbound: Inbound): void {
    if (run.id === null) return;
    if (this.#waiting.length >= waitingMax) {
      this.#lost++;
      return;
    }
    const ms = Math.round(inbound.timing.elapsedMs());
    const value: ExchangeFact = {
      startedAtMs: this.#now() - ms,
      exchange: inbound.id,
      plane: route.plane,
      target: route.target.name,
      method: inbound.method,
      path: route.path.slice(0, pathCharsMax),
      status: inbound.outgoing.statusCode,
      ms,
      stage: run.stage,
      attempt: run.attempt,
      agent,
      gone: inbound.left,
    };
    this.#waiting.push({ tenant, subject: subjectOfRun(run.id), kind: factKinds.exchange, value });
  }

  /** Writes what waits. One write at a time; never rejects. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeAll());
    return this.#writing;
  }

  /** Writes what is left; call it while the ledger is open. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.write();
    this.#lost += this.#waiting.length;
    this.#tellLost();
  }

  async #writeAll(): Promise<void> {
    // Counts are taken only once there is a ledger for them: until then they go on growing in their place.
    while (this.#waiting.length > 0) {
      const facts = this.#waiting.slice(0, factsPerAppendMax);
      if (!(await this.#append(facts))) return;
      this.#waiting = this.#waiting.slice(facts.length);
    }
    this.#tellLost();
    const passes = this.#passes.take();
    if (passes === null) return;
    const fact = { ...passesPlace, kind: factKinds.passes, value: passes };
    if (!(await this.#append([fact]))) this.#passes.giveBack(passes);
  }

  async #append(facts: readonly Unwritten[]): Promise<boolean> {
    try {
      await this.#ledger.append(facts);
      return true;
    } catch (cause) {
      this.#log.warn("what runs did cannot be written yet", { waiting: this.#waiting.length, cause });
      return false;
    }
  }

  #tellLost(): void {
    if (this.#lost === 0) return;
    this.#log.warn("exchanges of runs are not in the ledger: it was down for too long", { lost: this.#lost });
    this.#lost = 0;
  }
}
