import { LRUCache } from "lru-cache";
import type { ClaimRecord } from "../../ledger/ledger.ts";
import type { Clock } from "../clock.ts";

/** How long a closed connection may take to be noticed, ms. */
const noticeMs = 50;

/** How many answers are remembered as handed over: long enough for the ledger to know it, too. */
const handedOverMax = 10_000;

/** What this process knows of the running operations under one key. */
interface Running {
  /** All of them, by occurrence. */
  readonly all: Set<number>;
  /** Those whose client is gone, in the order in which they left. */
  readonly left: Set<number>;
}

/**
 * What operations are kept apart by here: equal calls of one attempt of a run may be a retry, those of
 * another one are not.
 */
export function orphanKey({ run, attempt, key }: Pick<ClaimRecord, "run" | "attempt" | "key">): string {
  return run === null ? key : `${key} ${attempt ?? ""}`;
}

/**
 * Operations that still run although their client is gone. An equal call is then a retry
 * on evidence, and meets the running one; without that evidence it is a new operation. Only this
 * process can know it, and only while the operation runs: afterwards the ledger knows whether the
 * answer was handed over.
 */
export class Orphans {
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();
  // With `max` it would make room for all of them at once.
  readonly #handedOver = new LRUCache<string, true>({ maxSize: handedOverMax, sizeCalculation: () => 1 });
  /** Claims that are being written. */
  readonly #claims = new Map<string, Set<Promise<unknown>>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** While a claim is written its operation is not known to run: whoever asks next waits for it. */
  async claiming<T>(tenant: string, key: string, claim: Promise<T>): Promise<T> {
    const at = place(tenant, key);
    const claims = this.#claims.get(at) ?? new Set();
    this.#claims.set(at, claims.add(claim));
    try {
      return await claim;
    } finally {
      claims.delete(claim);
      if (claims.size === 0) this.#claims.delete(at);
    }
  }

  /**
   * The occurrence of a running operation under this base key whose client is gone, if any. A
   * client that gives up and calls again at once can be heard before its first connection is seen
   * to be closed, so while an equal operation runs this waits a moment before it says no.
   */
  async find(tenant: string, key: string): Promise<number | undefined> {
    const claims = this.#claims.get(place(tenant, key));
    if (claims !== undefined) {
      await Promise.allSettled(claims);
      // What was won begins to run before the event loop turns.
      await this.#clock.turn();
    }
    const running = this.#running.get(place(tenant, key));
    if (running === undefined) return undefined;
    if (running.left.size === 0) await this.#clock.sleep(noticeMs);
    return running.left.values().next().value;
  }

  begin(tenant: string, key: string, occurrence: number): void {
    const running = this.#running.get(place(tenant, key));
    if (running !== undefined) running.all.add(occurrence);
    else this.#running.set(place(tenant, key), { all: new Set([occurrence]), left: new Set() });
  }

  /**
   * True where an operation runs, or its answer is just being handed over to this attempt, and its client is
   * still there: an equal call is then no retry of it. Neither is it once the answer was handed over,
   * although a claim that was on its way meanwhile could not know that yet.
   */
  hasItsClient(record: ClaimRecord, attempt: string | null = null): boolean {
    if (this.#handedOver.has(execution(record, attempt))) return true;
    const { tenant, occurrence } = record;
    const running = this.#running.get(place(tenant, orphanKey({ ...record, attempt })));
    return running?.all.has(occurrence) === true && !running.left.has(occurrence);
  }

  /**
   * The answer of this execution was handed over to an attempt: that of an earlier one, a refusal, says
   * nothing of it.
   */
  handOver(record: Pick<ClaimRecord, "id" | "epoch">, attempt: string | null = null): void {
    this.#handedOver.set(execution(record, attempt), true);
  }

  /** Its client is gone. */
  leave(tenant: string, key: string, occurrence: number): void {
    const running = this.#running.get(place(tenant, key));
    if (running?.all.has(occurrence) === true) running.left.add(occurrence);
  }

  /** It ended: others under the same key may run on. */
  end(tenant: string, key: string, occurrence: number): void {
    const running = this.#running.get(place(tenant, key));
    running?.all.delete(occurrence);
    running?.left.delete(occurrence);
    if (running?.all.size === 0) this.#running.delete(place(tenant, key));
  }
}

function execution({ id, epoch }: Pick<ClaimRecord, "id" | "epoch">, attempt: string | null): string {
  return `${id} ${epoch} ${attempt ?? ""}`;
}

function place(tenant: string, key: string): string {
  return `${tenant} ${key}`;
}
