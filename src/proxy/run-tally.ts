import type { ModelUsage, RunUsage } from "../exchange/run-usage.ts";
import type { Usage } from "../exchange/turn.ts";

/** Models of one run that are told apart; a client names them, so there must be an end. */
const modelsMax = 256;
const modelCharsMax = 256;
/** Under this name everything beyond is counted. */
const otherModels = "";

/** What one exchange, or several of one model together, used. */
export class Portion {
  readonly model: string;
  #calls = 0;
  #sentAtMs: number | null = null;
  #input = 0;
  #output = 0;
  #cacheRead = 0;
  #cacheWrite = 0;

  constructor(model: string) {
    this.model = model.slice(0, modelCharsMax);
  }

  /** Reads what `toFact` wrote. */
  static fromFact(value: unknown): Portion {
    const fact = value as ReturnType<Portion["toFact"]>;
    const portion = new Portion(fact.model);
    portion.#calls = fact.calls;
    portion.#sentAtMs = fact.sentAtMs;
    portion.add(fact);
    return portion;
  }

  get calls(): number {
    return this.#calls;
  }

  get sentAtMs(): number | null {
    return this.#sentAtMs;
  }

  get usage(): ModelUsage {
    return {
      model: this.model,
      inputTokens: this.#input,
      outputTokens: this.#output,
      cacheReadTokens: this.#cacheRead,
      cacheWriteTokens: this.#cacheWrite,
    };
  }

  sent(atMs: number): void {
    this.#calls++;
    this.#sentAtMs ??= atMs;
  }

  notSent(): void {
    this.#calls--;
  }

  add(usage: Usage | ModelUsage): void {
    this.#input += usage.inputTokens ?? 0;
    this.#output += usage.outputTokens ?? 0;
    this.#cacheRead += usage.cacheReadTokens ?? 0;
    this.#cacheWrite += usage.cacheWriteTokens ?? 0;
  }

  merge(other: Portion): void {
    this.#calls += other.#calls;
    this.#sentAtMs = earlier(this.#sentAtMs, other.#sentAtMs);
    this.add(other.usage);
  }

  toFact(): ModelUsage & { readonly calls: number; readonly sentAtMs: number | null } {
    return { calls: this.#calls, sentAtMs: this.#sentAtMs, ...this.usage };
  }
}

/** Portions by model. */
class Sum {
  readonly #portions = new Map<string, Portion>();

  add(portion: Portion): void {
    const isNew = !this.#portions.has(portion.model);
    const model = isNew && this.#portions.size >= modelsMax ? otherModels : portion.model;
    const known = this.#portions.get(model) ?? new Portion(model);
    known.merge(portion);
    this.#portions.set(model, known);
  }

  get portions(): readonly Portion[] {
    return [...this.#portions.values()];
  }
}

/**
 * What one run has used, in three parts: what the ledger has, what has ended and is not written
 * yet, and the exchanges that are under way.
 */
export class Tally {
  #inLedger = new Sum();
  #unwritten = new Sum();
  #writing: readonly Portion[] = [];
  readonly #open = new Set<Portion>();
  /** False until the ledger was read: there may be more than what is known here. */
  #complete = false;

  get complete(): boolean {
    return this.#complete;
  }

  /** True while exchanges are under way, or being written. */
  get isBusy(): boolean {
    return this.#open.size + this.#writing.length > 0;
  }

  /** True while it holds what memory alone knows. */
  get isUnwritten(): boolean {
    return this.#unwritten.portions.length > 0;
  }

  begin(portion: Portion): void {
    this.#open.add(portion);
  }

  /**
   * What stands against one exchange: all that began before it, and all that has ended. Of several at
   * once each so counts those before it and none counts itself, which lets exactly as many through as
   * there are places. One that has not sent anything yet will.
   */
  before(mine: Portion, nowMs: number): RunUsage {
    const sum = new Sum();
    let calls = 0;
    let startedAtMs: number | null = null;
    const count = (portion: Portion): void => {
      startedAtMs = earlier(startedAtMs, portion.sentAtMs);
      if (portion.calls > 0) sum.add(portion);
    };
    const ended = [...this.#inLedger.portions, ...this.#writing, ...this.#unwritten.portions];
    for (const portion of ended) {
      calls += portion.calls;
      count(portion);
    }
    for (const portion of this.#open) {
      if (portion === mine) break;
      calls += Math.max(portion.calls, 1);
      count(portion);
    }
    const models = sum.portions.map(({ usage }) => usage);
    return { calls, models, startedAtMs: startedAtMs ?? nowMs, complete: this.#complete };
  }

  end(portion: Portion): void {
    this.#open.delete(portion);
    if (portion.calls > 0) this.#unwritten.add(portion);
  }

  /** What was read from the ledger, while nothing was being written. */
  hasWritten(facts: readonly unknown[]): void {
    this.#inLedger = new Sum();
    for (const fact of facts) this.#inLedger.add(Portion.fromFact(fact));
    this.#complete = true;
  }

  takeUnwritten(): readonly Portion[] {
    this.#writing = this.#unwritten.portions;
    this.#unwritten = new Sum();
    return this.#writing;
  }

  written(portions: readonly Portion[]): void {
    this.#writing = [];
    for (const portion of portions) this.#inLedger.add(portion);
  }

  notWritten(portions: readonly Portion[]): void {
    this.#writing = [];
    for (const portion of portions) this.#unwritten.add(portion);
  }
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
