import type { Caller } from "../../exchange/exchange.ts";
import type { Log } from "../../exchange/log.ts";
import { type AttemptFact, factKinds, subjectOfRun } from "../../exchange/run-facts.ts";
import type { Ledger } from "../../ledger/ledger.ts";

/** Claims of a run that are looked at, the latest ones. */
const claimsMax = 1000;

/** Where a run without named attempts stands. */
export interface AttemptState {
  /** The attempt that its requests belong to; null: the first. */
  readonly attempt: string | null;
  /** The key of the turn that the run began with. */
  readonly first: string;
  /** How many attempts there were so far. */
  readonly count: number;
}

type RunOf = Pick<Caller, "tenant"> & { readonly run: { readonly id: string } };

/**
 * Attempts of explicit runs whose clients name none. An agent that crashed begins again with the turn that
 * it began with before; so a request for a run's first turn begins an attempt where the run went on after
 * that turn. If nothing followed, it asks for one more sample.
 */
export class DetectedAttempts {
  readonly #ledger: Pick<Ledger, "append" | "facts" | "listClaims">;
  readonly #log: Log;
  /** What is being found out, by run: two requests at once must not begin an attempt each. */
  readonly #asking = new Map<string, Promise<unknown>>();

  constructor(ledger: Pick<Ledger, "append" | "facts" | "listClaims">, log: Log) {
    this.#ledger = ledger;
    this.#log = log;
  }

  /** Where a run stands; null where it has no turn yet. Rejects where the ledger cannot be read. */
  async stateOf({ tenant, run }: RunOf): Promise<AttemptState | null> {
    const facts = await this.#ledger.facts(tenant, subjectOfRun(run.id), factKinds.attempt);
    const told = facts.map(({ value }) => value as AttemptFact);
    const [began, latest] = [told[0], told.at(-1)];
    if (began === undefined || latest === undefined) return null;
    const count = new Set(told.map(({ attempt }) => attempt)).size;
    return { attempt: latest.attempt, first: began.first, count };
  }

  /**
   * The attempt that a request for a turn belongs to, which it may begin. It is no retry: of those, nobody
   * asks this.
   */
  ofTurn(caller: RunOf, key: string, exchange: string): Promise<AttemptState> {
    const whose = `${caller.tenant} ${caller.run.id}`;
    const before = this.#asking.get(whose) ?? Promise.resolve();
    const asking = before.catch(() => {}).then(() => this.#ofTurn(caller, key, exchange));
    this.#asking.set(whose, asking);
    const forget = (): void => {
      if (this.#asking.get(whose) === asking) this.#asking.delete(whose);
    };
    void asking.then(forget, forget);
    return asking;
  }

  async #ofTurn(caller: RunOf, key: string, exchange: string): Promise<AttemptState> {
    const state = (await this.stateOf(caller)) ?? (await this.#beginRun(caller, key, exchange));
    if (key !== state.first || !(await this.#isAnew(caller, state))) return state;
    const attempt = `detected-${state.count + 1}`;
    this.#log.info("a new attempt begins", { exchange, run: caller.run.id, attempt });
    return this.#begin(caller, { attempt, first: key, exchange }, state.count + 1);
  }

  /** Nothing is written of a run before its attempts are looked for: it may have turns from before that. */
  async #beginRun(caller: RunOf, key: string, exchange: string): Promise<AttemptState> {
    const first = (await this.#firstOf(caller)) ?? key;
    return this.#begin(caller, { attempt: null, first, exchange }, 1);
  }

  /** The key of the turn that a run began with, as far as its latest claims tell; null: it has none. */
  async #firstOf({ tenant, run }: RunOf): Promise<string | null> {
    const turns = await this.#ledger.listClaims({ tenant, run: run.id, kind: "turn", limit: claimsMax });
    return turns.at(-1)?.key ?? null;
  }

  /**
   * Says in the log where a request that was counted as a sample would have begun an attempt. Nobody waits
   * for it; never rejects.
   */
  async tell(caller: RunOf, key: string, exchange: string): Promise<void> {
    const { id: run } = caller.run;
    try {
      if (key !== (await this.#firstOf(caller))) return;
      if (!(await this.#isAnew(caller, { attempt: null, first: key, count: 1 }))) return;
      this.#log.info("would have begun a new attempt", { exchange, run });
    } catch (cause) {
      this.#log.debug("the attempts of a run cannot be read", { run, cause });
    }
  }

  /**
   * Whether a request for the first turn is the beginning of an attempt: this one went on after it, or has
   * asked for all the samples of it that there are in a run that went on.
   */
  async #isAnew({ tenant, run }: RunOf, { attempt, first }: AttemptState): Promise<boolean> {
    const filter = { tenant, run: run.id, limit: claimsMax };
    const all = await this.#ledger.listClaims(filter);
    const later = all.filter(({ key }) => key !== first);
    if (later.length === 0) return false;
    const left = await this.#ledger.listClaims({ ...filter, notAskedBy: { attempt } });
    const leftIds = new Set(left.map(({ id }) => id));
    if (later.some(({ id }) => !leftIds.has(id))) return true;
    return !left.some(({ key }) => key === first);
  }

  async #begin({ tenant, run }: RunOf, value: AttemptFact, count: number): Promise<AttemptState> {
    await this.#ledger.append([{ tenant, subject: subjectOfRun(run.id), kind: factKinds.attempt, value }]);
    return { attempt: value.attempt, first: value.first, count };
  }
}

/** The caller as one of an attempt that was found. */
export function inAttempt(caller: Caller, attempt: string | null): Caller {
  return { ...caller, run: { ...caller.run, attempt } };
}

/** True where the client named a run and left its attempts to be found. */
export function namesNoAttempt(caller: Caller): caller is Caller & RunOf {
  return caller.run.id !== null && caller.run.attempt === null;
}
