import { LRUCache } from "lru-cache";
import type { Caller } from "../../exchange/exchange.ts";
import type { Log } from "../../exchange/log.ts";
import { type DecisionsFact, factKinds, subjectOfRun } from "../../exchange/run-facts.ts";
import type { Call } from "../../exchange/turn.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { valueAsWritten, valueToWrite } from "../fact-value.ts";
import { type CallValues, decidedCalls, decidedValues } from "./decided-calls.ts";
import { type Decision, RunDecisions } from "./run-decisions.ts";

/** Decisions of all runs that are kept in memory; those of others are read again. */
const keptMax = 100_000;
/** Facts that are read in one piece. */
const factsPerPage = 1000;
/** Turns that wait for a ledger that is down; of those beyond nothing is known. */
const waitingMax = 1000;
/** How long a call waits for the turns of its run that are being made, ms. */
const turnEndMs = 5000;

/** A turn that an attempt is given. */
export interface GivenTurn {
  readonly caller: Caller;
  /** The id of its record and its epoch; an exchange's where it has no record. */
  readonly turn: string;
  readonly epoch: number;
  /** Names of calls whose arguments are kept for people. */
  readonly names: ReadonlySet<string>;
  /** True while it is made. */
  readonly isRunning: () => boolean;
  /** Its calls as its client was shown them; null where it did not come to a good end. */
  readonly calls: () => Promise<readonly Call[] | null>;
}

interface Given {
  readonly run: string;
  readonly isRunning: () => boolean;
  readonly note: () => Promise<void>;
}

/** What could not be written yet. */
interface Unwritten {
  readonly tenant: string;
  readonly run: string;
  readonly value: DecisionsFact;
  readonly values: readonly CallValues[] | null;
}

type Ports = Pick<Ledger, "append" | "facts" | "put" | "get" | "listClaims" | "wait">;

/**
 * What the models of explicit runs decided: the calls of every turn that an attempt was given. They are on
 * disk before the turn counts as done, and before a call of that run is held against them.
 */
export class Decisions {
  readonly #ledger: Ports;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #runs = new LRUCache<string, RunDecisions>({
    maxSize: keptMax,
    sizeCalculation: (run) => run.size + 1,
  });
  readonly #given = new Set<Given>();
  #unwritten: Unwritten[] = [];

  constructor(ledger: Ports, log: Log, now: () => number) {
    this.#ledger = ledger;
    this.#log = log;
    this.#now = now;
  }

  /**
   * An attempt of an explicit run is given a turn. What it gives back writes down what the turn decides, once
   * it has ended: it never rejects, and does so one time however often it is called.
   */
  give(turn: GivenTurn): () => Promise<void> {
    let noting: Promise<void> | null = null;
    const given: Given = {
      run: placeOf(turn.caller),
      isRunning: turn.isRunning,
      note: () => (noting ??= this.#note(turn).finally(() => this.#given.delete(given))),
    };
    this.#given.add(given);
    return given.note;
  }

  /** All that is known of the caller's run by now. Rejects where the ledger is down. */
  async of(caller: Caller): Promise<RunDecisions> {
    const run = placeOf(caller);
    const ended = [...this.#given].filter((one) => one.run === run && !one.isRunning());
    await Promise.all(ended.map(({ note }) => note()));
    await this.#writeWaiting(run);
    return this.#read(caller, run);
  }

  /**
   * Waits for turns of the caller's attempt that are being made, at most `turnEndMs`: who executes calls
   * while they stream in, or at another replica, may be ahead of what is written. False where there is none.
   */
  async turnsEnd({ tenant, run }: Caller): Promise<boolean> {
    if (run.id === null) return false;
    const asked = { tenant, run: run.id, kind: "turn", states: ["intent"], limit: 100 } as const;
    const running = (await this.#ledger.listClaims(asked)).filter(
      ({ attempt, leaseUntilMs }) => attempt === run.attempt && leaseUntilMs > this.#now(),
    );
    await Promise.all(running.map(({ id }) => this.#ledger.wait(id, turnEndMs)));
    return running.length > 0;
  }

  /** The values of a decision's arguments, as far as they are kept: beginnings of JSON by name. */
  async valuesOf(caller: Caller, { turn, place }: Decision): Promise<CallValues> {
    if (turn.values === null) return {};
    const bytes = await this.#ledger.get(caller.tenant, turn.values);
    if (bytes === null) return {};
    return (JSON.parse(Buffer.from(bytes).toString("utf8")) as readonly CallValues[])[place] ?? {};
  }

  async #note(given: GivenTurn): Promise<void> {
    const { tenant, run } = given.caller;
    const calls = await this.#callsOf(given);
    if (calls === null || run.id === null) return;
    const { turn, epoch } = given;
    const place = placeOf(given.caller);
    const about = { turn, epoch, stage: run.stage, attempt: run.attempt };
    const known = this.#runs.get(place);
    // The first one tells that the attempt's turns are seen; after it those without calls tell nothing.
    if (known?.has(about) === true || (calls.length === 0 && known?.isSeen(run.attempt) === true)) return;
    const value = { ...about, calls: decidedCalls(calls), values: null };
    const unwritten = { tenant, run: run.id, value, values: decidedValues(calls, given.names) };
    try {
      await this.#write(unwritten);
    } catch (cause) {
      this.#log.warn("what a turn decided cannot be written yet", { turn, cause });
      if (this.#unwritten.length < waitingMax) this.#unwritten.push(unwritten);
    }
  }

  async #callsOf({ calls, turn }: GivenTurn): Promise<readonly Call[] | null> {
    try {
      return await calls();
    } catch (cause) {
      this.#log.warn("what a turn decided cannot be read", { turn, cause });
      return null;
    }
  }

  async #write({ tenant, run, value, values }: Unwritten): Promise<void> {
    const bytes = values === null ? null : Buffer.from(JSON.stringify(values));
    const address = bytes === null ? null : await this.#ledger.put(tenant, bytes);
    const fact = await valueToWrite(this.#ledger, tenant, { ...value, values: address });
    await this.#ledger.append([
      { tenant, subject: subjectOfRun(run), kind: factKinds.decisions, value: fact },
    ]);
  }

  async #writeWaiting(run: string): Promise<void> {
    for (const one of this.#unwritten.filter(({ tenant, run: id }) => nameOf(tenant, id) === run)) {
      await this.#write(one);
      this.#unwritten = this.#unwritten.filter((other) => other !== one);
    }
  }

  async #read({ tenant, run: { id } }: Caller, run: string): Promise<RunDecisions> {
    const known = this.#runs.get(run) ?? new RunDecisions();
    if (id === null) return known;
    for (;;) {
      const page = { afterSequence: known.sequence, limit: factsPerPage };
      const facts = await this.#ledger.facts(tenant, subjectOfRun(id), factKinds.decisions, page);
      const read = facts.map(async (fact) => ({
        ...fact,
        value: await valueAsWritten(this.#ledger, tenant, fact.value),
      }));
      known.add(await Promise.all(read));
      if (facts.length < factsPerPage) break;
    }
    this.#runs.set(run, known);
    return known;
  }
}

function placeOf({ tenant, run }: Caller): string {
  return nameOf(tenant, run.id ?? "");
}

function nameOf(tenant: string, run: string): string {
  return JSON.stringify([tenant, run]);
}
