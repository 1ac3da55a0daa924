import type { ClaimRecord, ClaimRequest, ClaimState, Fence, Settlement } from "../../../src/ledger/ledger.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Entry = Mutable<
  Pick<
    ClaimRecord,
    | "id"
    | "kind"
    | "key"
    | "occurrence"
    | "run"
    | "attempt"
    | "state"
    | "epoch"
    | "keyEpoch"
    | "keyAtMs"
    | "sent"
    | "doubted"
    | "nonce"
    | "leaseUntilMs"
    | "finishedAtMs"
    | "delivered"
    | "answer"
    | "lateAnswer"
    | "clientKey"
    | "owner"
  >
>;

interface Told {
  readonly kind: "won" | "met" | "conflict";
  readonly record: Entry;
  readonly newest: Entry | null;
  readonly isNext?: true;
}

/** What is compared of a record: all but the times and names that the store makes itself. */
export function outline(record: Entry | ClaimRecord): object {
  const { id, kind, key, occurrence, attempt, state, epoch, delivered, answer, lateAnswer, clientKey } =
    record;
  const { keyEpoch, sent, doubted } = record;
  const isFinished = record.finishedAtMs !== null;
  return {
    id,
    kind,
    key,
    occurrence,
    attempt,
    state,
    epoch,
    keyEpoch,
    sent,
    doubted,
    delivered,
    answer,
    lateAnswer,
    clientKey,
    isFinished,
  };
}

const free: ReadonlySet<ClaimState> = new Set(["declined", "not-sent", "resolved-not-done"]);
const doubt: ReadonlySet<ClaimState> = new Set(["in-doubt", "abandoned"]);

/** Claims as the contract tells them, over one plain list, for one tenant. */
export class LedgerModel {
  nowMs = 0;
  readonly #entries: Entry[] = [];
  readonly #counts = new Map<string, number>();
  readonly #names = new Map<string, { readonly id: string; readonly fingerprint: string }>();

  claim(request: ClaimRequest, newId: string): Told {
    const name = request.clientKey === null ? null : `${request.kind} ${request.clientKey}`;
    const named = name === null ? undefined : this.#names.get(name);
    if (named !== undefined) {
      const record = this.#byId(named.id);
      if (named.fingerprint !== request.fingerprint) return { kind: "conflict", record, newest: null };
      return this.#take(request, record);
    }
    const told = this.#claimByPlace(request, newId);
    if (name !== null) this.#names.set(name, { id: told.record.id, fingerprint: request.fingerprint });
    return told;
  }

  #claimByPlace(asked: ClaimRequest, newId: string): Told {
    const request = this.#underFormerKey(asked);
    const equal = this.#entries.filter((entry) => entry.kind === request.kind && entry.key === request.key);
    const at = (place: number): Entry | undefined => equal.find((entry) => entry.occurrence === place);
    if (request.occurrence !== "next") {
      return this.#take(request, at(request.occurrence) ?? this.#make(request, newId, request.occurrence));
    }
    const attempt = request.run === null ? null : request.attempt;
    const counter = JSON.stringify([request.kind, request.key, attempt]);
    const count = this.#counts.get(counter) ?? 0;
    const newest = at(count);
    if (newest !== undefined) this.#endIfOverdue(newest);
    const own = equal
      .filter((entry) => entry.occurrence <= count)
      .sort((a, b) => a.occurrence - b.occurrence);
    const doubted = own.find(
      (entry) => doubt.has(entry.state) || (entry.doubted && entry.state === "intent"),
    );
    if (doubted !== undefined) return this.#take(request, doubted);
    if (newest !== undefined && this.#isReused(newest, request))
      return { kind: "met", record: newest, newest: null };
    const lost = own.find(
      (entry) =>
        entry.state === "done" &&
        !entry.delivered &&
        entry.owner === request.owner &&
        !this.#isStale(entry, request),
    );
    if (request.reuse.undelivered && lost !== undefined) return { kind: "met", record: lost, newest: null };
    const released = own.find((entry) => free.has(entry.state));
    if (released !== undefined) return this.#take(request, released);
    if (request.callsMax !== undefined && count >= Math.max(1, request.callsMax)) {
      return this.#take(request, at(count) ?? this.#make(request, newId, count));
    }
    const told = this.#take(request, at(count + 1) ?? this.#make(request, newId, count + 1));
    if (!doubt.has(told.record.state)) this.#counts.set(counter, count + 1);
    if (told.kind !== "met") return told;
    told.record.delivered = false;
    return { ...told, isNext: true };
  }

  #underFormerKey(request: ClaimRequest): ClaimRequest {
    const { formerKey: key, kind, occurrence } = request;
    if (key === undefined || occurrence !== "next") return request;
    const isKnown = this.#entries.some(
      (each) => each.kind === kind && each.key === key && each.occurrence === 1,
    );
    return isKnown ? { ...request, key } : request;
  }

  /** Wins a new or free record, or one in doubt that may be sent again; meets any other. */
  #take(request: ClaimRequest, record: Entry): Told {
    this.#endIfOverdue(record);
    const isNew = record.epoch === 0;
    const isAgain = this.#maySendAgain(request, record);
    const isOld = this.#isStale(record, request);
    if (!isNew && !isAgain && !isOld && !free.has(record.state)) {
      return { kind: "met", record, newest: null };
    }
    if (isOld) record.answer = null;
    record.epoch += 1;
    if (isAgain) record.answer = null;
    else this.#takeKey(request, record, isNew);
    record.doubted = isAgain;
    record.state = "intent";
    record.run = request.run;
    record.attempt = request.attempt;
    record.owner = request.owner;
    record.leaseUntilMs = this.nowMs + request.leaseMs;
    record.finishedAtMs = null;
    record.delivered = false;
    const earlier = this.#entries
      .filter((entry) => entry.kind === record.kind && entry.key === record.key)
      .filter((entry) => entry.occurrence < record.occurrence)
      .sort((a, b) => b.occurrence - a.occurrence);
    return { kind: "won", record, newest: earlier[0] ?? null };
  }

  #maySendAgain({ redispatch, sent }: ClaimRequest, record: Entry): boolean {
    if (redispatch === undefined || record.state !== "in-doubt" || record.kind !== "effect") return false;
    if (redispatch.sameBytes && (record.sent ?? undefined) !== (sent ?? "nothing")) return false;
    return redispatch.withinMs === null || this.nowMs - record.keyAtMs < redispatch.withinMs;
  }

  #takeKey({ newKeyAfter = [], clientKey, sent }: ClaimRequest, record: Entry, isNew: boolean): void {
    const { answer, state } = record;
    const refused = newKeyAfter === "any" || newKeyAfter.includes(answer?.status ?? 0);
    const isRefused = refused && (answer !== null || state !== "not-sent");
    if (!isNew && record.clientKey === null && (clientKey !== null || isRefused)) {
      record.keyEpoch = record.epoch;
      record.keyAtMs = this.nowMs;
    }
    record.clientKey ??= clientKey;
    record.sent = sent ?? null;
  }

  #make(request: ClaimRequest, id: string, occurrence: number): Entry {
    const entry: Entry = {
      id,
      kind: request.kind,
      key: request.key,
      occurrence,
      run: null,
      attempt: null,
      state: "intent",
      epoch: 0,
      keyEpoch: 1,
      keyAtMs: this.nowMs,
      sent: null,
      doubted: false,
      nonce: "",
      leaseUntilMs: Infinity,
      finishedAtMs: null,
      delivered: false,
      answer: null,
      lateAnswer: null,
      clientKey: null,
      owner: request.owner,
    };
    this.#entries.push(entry);
    return entry;
  }

  #isStale({ kind, state, finishedAtMs }: Entry, { keptForMs = Infinity }: ClaimRequest): boolean {
    return kind !== "effect" && state === "done" && this.nowMs - (finishedAtMs ?? 0) >= keptForMs;
  }

  #isReused(entry: Entry, request: ClaimRequest): boolean {
    const { reuse } = request;
    if (entry.state === "intent") return reuse.running;
    if (this.#isStale(entry, request)) return false;
    if (entry.state !== "done" && entry.state !== "resolved-done") return false;
    const ageMs = this.nowMs - (entry.finishedAtMs ?? 0);
    return (reuse.undelivered && !entry.delivered) || ageMs < reuse.deliveredWithinMs;
  }

  settle(fence: Fence, { state, ...rest }: Settlement): { applied: boolean; record: Entry } {
    const answer = rest.answer ?? null;
    const record = this.#byId(fence.id);
    const isFenced = record.epoch === fence.epoch;
    const late = (): { applied: boolean; record: Entry } => {
      if (answer !== null) record.lateAnswer = answer;
      return { applied: false, record };
    };
    if (!isFenced) return late();
    const to = this.#after(record, state, answer !== null);
    if (to === null) {
      const isSame = record.state === state && (answer === null || answer === record.answer);
      return isSame ? { applied: true, record } : late();
    }
    if (record.state === "in-doubt" || record.doubted) record.delivered = false;
    record.doubted = record.doubted && to === "in-doubt";
    const isAnew = to === "done" || to === "resolved-done" || to === "in-doubt";
    record.answer = answer ?? (isAnew ? null : record.answer);
    record.state = to;
    record.finishedAtMs = to === "in-doubt" ? null : this.nowMs;
    return { applied: true, record };
  }

  #after(record: Entry, state: ClaimState, hasAnswer: boolean): ClaimState | null {
    if (record.state === "done") {
      return state === "done" && hasAnswer && record.answer?.extent === "cut" ? "done" : null;
    }
    const provesNothing = record.doubted && (state === "declined" || state === "not-sent");
    if (provesNothing) return record.state === "intent" ? "in-doubt" : null;
    if (record.state === "intent") {
      return state === "done" || state === "in-doubt" || state === "declined" || state === "not-sent"
        ? state
        : null;
    }
    if (record.state !== "in-doubt" || state === "intent" || state === "in-doubt") return null;
    return state === "declined" || state === "not-sent" ? "resolved-not-done" : state;
  }

  renew(fence: Fence, leaseMs: number): boolean {
    const record = this.#byId(fence.id);
    if (record.epoch !== fence.epoch || record.state !== "intent") return false;
    record.leaseUntilMs = this.nowMs + leaseMs;
    return true;
  }

  markDelivered(id: string): void {
    const record = this.#byId(id);
    if (record.state !== "intent") record.delivered = true;
  }

  sweep(): void {
    for (const entry of this.#entries) this.#endIfOverdue(entry);
  }

  restart(): void {
    for (const entry of this.#entries) this.#end(entry);
  }

  /** What of a run's records with a key an attempt has neither executed nor met by its count. */
  notAskedBy(attempt: string | null, run: string, key: string): readonly Entry[] {
    const counted = ({ kind }: Entry): number => this.#counts.get(JSON.stringify([kind, key, attempt])) ?? 0;
    const ofRun = this.newestFirst().filter((entry) => entry.run === run && entry.key === key);
    return ofRun.filter((entry) => entry.attempt !== attempt && counted(entry) < entry.occurrence);
  }

  newestFirst(): readonly Entry[] {
    return this.#entries.toReversed();
  }

  #endIfOverdue(entry: Entry): void {
    if (entry.leaseUntilMs <= this.nowMs) this.#end(entry);
  }

  #end(entry: Entry): void {
    if (entry.state !== "intent") return;
    entry.answer = null;
    entry.state = entry.kind === "effect" ? "in-doubt" : "not-sent";
    entry.finishedAtMs = entry.kind === "effect" ? null : this.nowMs;
  }

  #byId(id: string): Entry {
    const entry = this.#entries.find((each) => each.id === id);
    if (entry === undefined) throw new Error(`the reference knows no ${id}`);
    return entry;
  }
}
