import { setTimeout as sleep } from "node:timers/promises";
import type { Caller } from "../../exchange/exchange.ts";
import type { TurnSettings } from "../settings.ts";
import { RunningTurn, type TurnPlace } from "./running-turn.ts";

/** How long a closed connection may take to be noticed, ms. */
const noticeMs = 50;

/** The turns of this process that somebody may come for once more. */
export class RunningTurns {
  readonly #byKey = new Map<string, Set<RunningTurn>>();
  readonly #byRecord = new Map<string, RunningTurn>();
  readonly #orphaned: (turn: RunningTurn) => void;

  /** `orphaned` hears of turns that are given up because nobody came for them. */
  constructor(orphaned: (turn: RunningTurn) => void) {
    this.#orphaned = orphaned;
  }

  get size(): number {
    let size = 0;
    for (const turns of this.#byKey.values()) size += turns.size;
    return size;
  }

  /** How many of them are written down. */
  get recorded(): number {
    return this.#byRecord.size;
  }

  begin(place: TurnPlace, settings: TurnSettings): RunningTurn {
    const turn = new RunningTurn(place, settings, {
      over: (one) => this.#forget(one),
      orphaned: this.#orphaned,
    });
    const turns = this.#byKey.get(place.key);
    if (turns === undefined) this.#byKey.set(place.key, new Set([turn]));
    else turns.add(turn);
    if (place.record !== undefined) this.#byRecord.set(place.record, turn);
    return turn;
  }

  /**
   * The turn that a request comes for once more, or null where it asks for a new one. That needs
   * evidence: the client that asked for it first is gone, or this one says that it is a retry. Without it
   * N equal requests are N samples. A client that gives up and asks again at once can be heard before its
   * first connection is seen to be closed, so while an equal turn is made this waits a moment.
   */
  async meet(key: string, saysRetry: boolean): Promise<RunningTurn | null> {
    if (!this.#byKey.has(key)) return null;
    const orphan = this.#takeOrphan(key);
    if (orphan !== null) return orphan;
    await sleep(noticeMs);
    return this.#takeOrphan(key) ?? (saysRetry ? this.#leastAsked(key) : null);
  }

  /** The turn of a record, where it is of this process and not over. */
  ofRecord(id: string): RunningTurn | null {
    return this.#byRecord.get(id) ?? null;
  }

  /** True where a turn of this key has nobody left who waits for it, or will in a moment. */
  async hasOrphan(key: string): Promise<boolean> {
    const has = (): boolean => [...(this.#byKey.get(key) ?? [])].some((turn) => turn.isOrphan);
    if (!this.#byKey.has(key) || has()) return has();
    await sleep(noticeMs);
    return has();
  }

  /**
   * Resolves once all that clients of a run were handed of its turns is in the ledger, as far as it can be
   * written: what a call was decided by must be there before the call is.
   */
  async written({ tenant, run }: Caller): Promise<void> {
    if (run.id === null || this.#byRecord.size === 0) return;
    const writing: Promise<void>[] = [];
    for (const { record } of this.#byRecord.values()) {
      if (record?.run === run.id && record.tenant === tenant) writing.push(record.written());
    }
    await Promise.all(writing);
  }

  /** One for each client that is gone, the oldest first. */
  #takeOrphan(key: string): RunningTurn | null {
    for (const turn of this.#byKey.get(key) ?? []) {
      if (!turn.isOrphan) continue;
      turn.taken = true;
      return turn;
    }
    return null;
  }

  /** Of those whose clients are still here, each as often as the others. */
  #leastAsked(key: string): RunningTurn | null {
    let best: RunningTurn | null = null;
    for (const turn of this.#byKey.get(key) ?? []) {
      if (turn.delivered || turn.output.failure !== null) continue;
      if (best === null || turn.retries < best.retries) best = turn;
    }
    if (best !== null) best.retries++;
    return best;
  }

  #forget(turn: RunningTurn): void {
    const { key, record } = turn.place;
    if (record !== undefined && this.#byRecord.get(record) === turn) this.#byRecord.delete(record);
    const turns = this.#byKey.get(key);
    turns?.delete(turn);
    if (turns?.size === 0) this.#byKey.delete(key);
  }
}
