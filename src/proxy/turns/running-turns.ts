import { setTimeout as sleep } from "node:timers/promises";
import type { TurnSettings } from "../settings.ts";
import { RunningTurn, type TurnPlace } from "./running-turn.ts";

/** How long a closed connection may take to be noticed, ms. */
const noticeMs = 50;

/** The turns of this process that somebody may come for once more. */
export class RunningTurns {
  readonly #byKey = new Map<string, Set<RunningTurn>>();
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

  begin(place: TurnPlace, settings: TurnSettings): RunningTurn {
    const turn = new RunningTurn(place, settings, {
      over: (one) => this.#forget(one),
      orphaned: this.#orphaned,
    });
    const turns = this.#byKey.get(place.key);
    if (turns === undefined) this.#byKey.set(place.key, new Set([turn]));
    else turns.add(turn);
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
    const { key } = turn.place;
    const turns = this.#byKey.get(key);
    turns?.delete(turn);
    if (turns?.size === 0) this.#byKey.delete(key);
  }
}
