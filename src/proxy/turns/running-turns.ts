import type { Caller } from "../../exchange/exchange.ts";
import { type Clock, systemClock } from "../clock.ts";
import { SharedMoments } from "./shared-moments.ts";
import { type Patience, RunningTurn, type TurnPlace, type TurnPorts } from "./running-turn.ts";
import { makingId } from "./turn-pieces.ts";

/** How long a closed connection may take to be noticed, ms. */
const noticeMs = 50;
/** No claim takes longer, ms. */
const claimMsMax = 60_000;

/** Which making of which record. */
type Recorded = NonNullable<TurnPlace["record"]>;

/** What equal requests have to have in common, to be for one turn. */
type Sought = Pick<TurnPlace, "key" | "attempt">;

/** The turns of this process that somebody may come for once more. */
export class RunningTurns {
  readonly #byKey = new Map<string, Set<RunningTurn>>();
  readonly #byRecord = new Map<string, RunningTurn>();
  /** Who is being handed which recorded answer: how many clients, by record and attempt. */
  readonly #handed = new Map<string, number>();
  /** When the last of them had it: a claim that was under way then was told of the record before that. */
  readonly #handedAtMs = new Map<string, number>();
  /** All of them, the oldest first. */
  readonly #all = new Set<RunningTurn>();
  readonly #clock: Pick<Clock, "sleep">;
  /** When records of them are written. */
  readonly moments: SharedMoments;
  readonly #ports: TurnPorts;
  #keptBytes = 0;
  #keptBytesMax = Infinity;

  /** `orphaned` hears of turns that are given up because nobody came for them. */
  constructor(orphaned: (turn: RunningTurn) => void, clock: Pick<Clock, "now" | "sleep"> = systemClock) {
    this.#clock = clock;
    this.moments = new SharedMoments(clock);
    this.#ports = {
      over: (one) => this.#forget(one),
      orphaned,
      clock,
      grew: (bytes) => this.#count(bytes),
    };
  }

  get size(): number {
    return this.#all.size;
  }

  /** Bytes of all answers that are kept. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  /** How many of them are written down. */
  get recorded(): number {
    return this.#byRecord.size;
  }

  begin(place: TurnPlace, settings: Patience): RunningTurn {
    this.#keptBytesMax = settings.keptBytesMax;
    const turn = new RunningTurn(place, settings, this.#ports);
    const turns = this.#byKey.get(place.key);
    if (turns === undefined) this.#byKey.set(place.key, new Set([turn]));
    else turns.add(turn);
    this.#all.add(turn);
    // One that only reads along has none of its own to write.
    const making = place.record === undefined ? null : makingId(place.record);
    if (making !== null && !this.#byRecord.has(making)) this.#byRecord.set(making, turn);
    return turn;
  }

  /**
   * The turn that a request comes for once more, or null where it asks for a new one. That needs
   * evidence: the client that asked for it first is gone, or this one says that it is a retry. Without it
   * N equal requests are N samples.
   */
  async meet(sought: Sought, saysRetry: boolean): Promise<RunningTurn | null> {
    return (await this.meetOrphan(sought)) ?? (saysRetry ? this.#leastAsked(sought.key) : null);
  }

  /**
   * The turn of a client that is gone. One that gives up and asks again at once can be heard before its
   * first connection is seen to be closed, so while an equal turn is made this waits a moment.
   */
  async meetOrphan(sought: Sought): Promise<RunningTurn | null> {
    if (!this.#byKey.has(sought.key)) return null;
    const orphan = this.#takeOrphan(sought);
    if (orphan !== null) return orphan;
    await this.#clock.sleep(noticeMs);
    await this.#endedOf(sought.key);
    return this.#takeOrphan(sought);
  }

  /** Resolves once it is written down how equal turns ended that have: the ledger is asked next. */
  async #endedOf(key: string): Promise<void> {
    const ended = [...(this.#byKey.get(key) ?? [])].filter(({ output }) => !output.running);
    await Promise.all(ended.map(({ record }) => record?.written() ?? Promise.resolve()));
  }

  /**
   * Notes that a client of an attempt is being handed the answer of a record, until what it gives is called.
   */
  hand(record: Recorded, attempt: string | null): () => void {
    const handing = handingOf(record, attempt);
    this.#handed.set(handing, (this.#handed.get(handing) ?? 0) + 1);
    return () => {
      const left = (this.#handed.get(handing) ?? 1) - 1;
      if (left > 0) return void this.#handed.set(handing, left);
      this.#handed.delete(handing);
      this.#handedOver(handing);
    };
  }

  /** True where some client of the attempt was being handed the answer of the record, then or since. */
  wasHanded(record: Recorded, attempt: string | null, sinceMs: number): boolean {
    const handing = handingOf(record, attempt);
    return this.#handed.has(handing) || (this.#handedAtMs.get(handing) ?? -Infinity) >= sinceMs;
  }

  #handedOver(handing: string): void {
    const nowMs = performance.now();
    for (const [other, atMs] of this.#handedAtMs) {
      if (nowMs - atMs < claimMsMax) break;
      this.#handedAtMs.delete(other);
    }
    // The newest stands last.
    this.#handedAtMs.delete(handing);
    this.#handedAtMs.set(handing, nowMs);
  }

  /** The turn of a record, where it is of this process and can be read from its beginning. */
  ofRecord(record: Recorded): RunningTurn | null {
    const turn = this.#byRecord.get(makingId(record)) ?? null;
    return turn?.output.isKept === true ? turn : null;
  }

  /** The turn that an exchange makes, while it is made, or null. */
  ofExchange(id: string): RunningTurn | null {
    for (const turn of this.#all) if (turn.place.exchange === id && turn.output.running) return turn;
    return null;
  }

  /**
   * Resolves once all that clients of a run were handed of its turns is in the ledger, as far as it can be
   * written: what a call was decided by must be there before the call is. A promise only where there is
   * something to wait for.
   */
  written({ tenant, run }: Caller): Promise<unknown> | undefined {
    if (run.id === null || this.#byRecord.size === 0) return undefined;
    const writing: Promise<void>[] = [];
    for (const { record } of this.#byRecord.values()) {
      if (record?.run === run.id && record.tenant === tenant) writing.push(record.written());
    }
    return writing.length === 0 ? undefined : Promise.all(writing);
  }

  /** One for each client that is gone, the oldest first. */
  #takeOrphan({ key, attempt }: Sought): RunningTurn | null {
    for (const turn of this.#byKey.get(key) ?? []) {
      if (!turn.isOrphan || turn.place.attempt !== attempt) continue;
      turn.taken = true;
      return turn;
    }
    return null;
  }

  /** Of those whose clients are still here, each as often as the others. */
  #leastAsked(key: string): RunningTurn | null {
    let best: RunningTurn | null = null;
    for (const turn of this.#byKey.get(key) ?? []) {
      if (turn.delivered || !turn.output.isKept || turn.output.failure !== null) continue;
      if (best === null || turn.retries < best.retries) best = turn;
    }
    if (best !== null) best.retries++;
    return best;
  }

  #count(bytes: number): void {
    const bytesMax = this.#keptBytesMax;
    this.#keptBytes += bytes;
    if (bytes <= 0 || this.#keptBytes <= bytesMax) return;
    // First what nobody may ever come for, then what is kept for a retry that may never be. What has a record
    // can be read there.
    for (const turn of this.#all) {
      if (this.#keptBytes <= bytesMax) return;
      if (!turn.isOrphan) continue;
      if (turn.record === null) turn.giveUp();
      else turn.output.letGo();
    }
    for (const turn of this.#all) {
      if (this.#keptBytes <= bytesMax) return;
      if (turn.output.isKept) turn.output.letGo();
    }
  }

  #forget(turn: RunningTurn): void {
    const { key, record } = turn.place;
    const making = record === undefined ? "" : makingId(record);
    if (this.#byRecord.get(making) === turn) this.#byRecord.delete(making);
    const turns = this.#byKey.get(key);
    turns?.delete(turn);
    if (turns?.size === 0) this.#byKey.delete(key);
    this.#all.delete(turn);
    turn.output.recording.uncount();
  }
}

function handingOf(record: Recorded, attempt: string | null): string {
  return `${makingId(record)} ${attempt ?? ""}`;
}
