import type { Fact } from "../../exchange/fact.ts";
import type { Loss } from "../../exchange/loss.ts";
import {
  blobBytesMax,
  sealBytesMax,
  type Claimed,
  type ClaimFilter,
  type ClaimRecord,
  type ClaimRequest,
  type FactPage,
  type Confirmation,
  type Fence,
  type Ledger,
  type RunFilter,
  type RunRow,
  type Settled,
  type Settlement,
} from "../ledger.ts";
import type { LedgerPorts } from "../ledger-store.ts";
import { smallJson, wellFormed } from "../bounds.ts";
import type { ClaimAsk } from "./claims.ts";
import { unpackFailure } from "./failures.ts";
import type { SqliteHealth } from "./health.ts";
import type { SqliteLimits } from "./options.ts";
import { Running } from "./running.ts";
import { endedRecord, wholeClaimed, type Ended } from "./short.ts";
import { LedgerThread } from "./thread.ts";
import type { Answer, Question, VerbName } from "./verbs.ts";
import { Waiters, whenSettled } from "../waiters.ts";

/** How soon a change by another process (an operator's) is seen by who waits for it. */
const pollMs = 250;
/** How long a delivery mark may wait for a commit that happens anyway. */
const deliveryDelayMs = 100;

/** The verbs whose answer depends on delivery marks: those must be written before. */
const seeDelivery: ReadonlySet<VerbName> = new Set(["claim", "settle", "read", "listClaims"]);

/** The ledger's face on the main thread: it checks, asks the worker, and wakes who waits. */
export class SqliteLedger implements Ledger {
  readonly keepsOrder = true;
  readonly hasOneOwner = true;
  readonly #thread: LedgerThread;
  readonly #ports: LedgerPorts;
  readonly #waiters = new Waiters();
  readonly #running = new Running();
  #delivered: string[] = [];
  /** Marks that wait in a message which is not sent yet. */
  #marks: { readonly ids: string[]; readonly message: number } | null = null;
  #deliveryTimer: NodeJS.Timeout | undefined;

  static async open(limits: SqliteLimits, ports: LedgerPorts): Promise<SqliteLedger> {
    return new SqliteLedger(await LedgerThread.start(limits, ports), ports);
  }

  private constructor(thread: LedgerThread, ports: LedgerPorts) {
    this.#thread = thread;
    this.#ports = ports;
  }

  async claim(request: ClaimRequest): Promise<Claimed> {
    const { tenant, key, run, stage, attempt, clientKey, clientKeyScope } = request;
    wellFormed([tenant, key, run, stage, attempt, clientKey, clientKeyScope]);
    const ask: ClaimAsk = {
      ...request,
      id: this.#ports.newId(),
      nonce: this.#ports.newId(),
      detail: smallJson("detail", request.detail),
    };
    const said = await this.#ask("claim", ask);
    const claimed = wholeClaimed(ask, said);
    if (said.kind === "made") this.#running.remember(claimed.record);
    else this.#notice(claimed.record);
    return claimed;
  }

  async renew(fence: Fence, leaseMs: number): Promise<boolean> {
    // What is asked meanwhile must not take it for what it was.
    const known = this.#running.find(fence);
    this.#running.forget(fence.id);
    const { answer, at } = await this.#thread.join("renew", { fence: bare(fence), leaseMs });
    const leaseUntilMs = answer[at] ?? null;
    if (known !== null && leaseUntilMs !== null) this.#running.remember({ ...known, leaseUntilMs });
    return leaseUntilMs !== null;
  }

  async settle(fence: Fence, settlement: Settlement): Promise<Settled> {
    const isKnown = this.#running.has(fence);
    const said = await this.#ask("settle", { fence: bare(fence), settlement, isKnown });
    const settled = "ended" in said ? await this.#settled(fence, settlement, said.ended) : said;
    this.#running.forget(fence.id);
    this.#notice(settled.record);
    return settled;
  }

  /** Written with the next commit that happens anyway, at the latest after 100 ms. */
  async markDelivered(id: string): Promise<void> {
    if (this.#thread.ended !== null) throw this.#thread.ended;
    this.#delivered.push(id);
    this.#deliveryTimer ??= setTimeout(() => this.#flushDelivered(), deliveryDelayMs);
  }

  read(id: string): Promise<ClaimRecord | null> {
    return this.#ask("read", id);
  }

  async append(facts: readonly Omit<Fact, "sequence" | "atMs">[]): Promise<readonly Fact[]> {
    const asks = facts.map(({ tenant, subject, kind, value }) => {
      wellFormed([tenant, subject, kind]);
      return { tenant, subject, kind, json: smallJson("a fact's value", value) };
    });
    return this.#ask("append", asks);
  }

  facts(tenant: string, subject: string, kind?: string, page?: FactPage): Promise<readonly Fact[]> {
    return this.#ask("facts", { tenant, subject, kind, page });
  }

  async put(tenant: string, bytes: Uint8Array, address?: string): Promise<string> {
    wellFormed([tenant]);
    const bytesMax = address === undefined ? blobBytesMax : blobBytesMax + sealBytesMax;
    if (bytes.byteLength > bytesMax) {
      throw new RangeError(`a blob has ${bytes.byteLength} bytes, of at most ${bytesMax}`);
    }
    if (address !== undefined) {
      const { answer, at } = await this.#thread.join("putAll", { tenant, bytes, address }, bytes.byteLength);
      const failure = answer[at] ?? null;
      if (failure !== null) throw unpackFailure(failure);
      return address;
    }
    // A copy of its own: it changes threads, and what it was a view of must stay here.
    const copy = new Uint8Array(bytes);
    return this.#thread.ask("put", { tenant, bytes: copy }, copy);
  }

  get(tenant: string, hash: string): Promise<Uint8Array | null> {
    return this.#ask("get", { tenant, hash });
  }

  listRuns(filter: RunFilter): Promise<readonly RunRow[]> {
    return this.#ask("listRuns", filter);
  }

  listClaims(filter: ClaimFilter): Promise<readonly ClaimRecord[]> {
    return this.#ask("listClaims", filter);
  }

  wait(id: string, timeoutMs: number): Promise<ClaimRecord | null> {
    return whenSettled(
      this.#waiters,
      id,
      timeoutMs,
      () => this.read(id),
      (change, leftMs) => change.within(Math.min(leftMs, pollMs)),
    );
  }

  async sweep(): Promise<{ readonly doubted: number; readonly expired: number }> {
    let doubted = 0;
    let expired = 0;
    for (;;) {
      const step = await this.#ask("sweep", null);
      for (const record of step.ended) this.#notice(record);
      doubted += step.ended.filter((record) => record.state === "in-doubt").length;
      expired += step.expired;
      if (!step.more) return { doubted, expired };
    }
  }

  /** Never rejects: a ledger that cannot be asked is one that is not well. */
  async health(): Promise<SqliteHealth> {
    try {
      return await this.#ask("health", null);
    } catch (thrown) {
      const detail = thrown instanceof Error ? thrown.message : String(thrown);
      return { ok: false, detail, sizeBytes: 0, commits: 0, writes: 0 };
    }
  }

  confirm(by: Confirmation): Promise<Loss | null> {
    return this.#ask("confirm", by);
  }

  async close(): Promise<void> {
    if (this.#thread.ended === null) this.#flushDelivered();
    const closed = this.#thread.close();
    this.#waiters.wakeAll();
    await closed;
  }

  /** What became of a record that was known as its end was asked for; it may have changed since. */
  async #settled(fence: Fence, settlement: Settlement, ended: Ended): Promise<Settled> {
    const known = this.#running.find(fence);
    if (known !== null) return { applied: true, record: endedRecord(known, settlement, ended) };
    const record = await this.read(fence.id);
    if (record === null) throw new Error(`operation ${fence.id} ended, and is not in the ledger`);
    return { applied: true, record };
  }

  #ask<Name extends VerbName>(verb: Name, question: Question<Name>): Promise<Answer<Name>> {
    if (seeDelivery.has(verb)) this.#flushDelivered();
    return this.#thread.ask(verb, question);
  }

  #notice(record: ClaimRecord): void {
    if (record.state !== "intent") this.#waiters.wake(record.id);
  }

  #flushDelivered(): void {
    clearTimeout(this.#deliveryTimer);
    this.#deliveryTimer = undefined;
    const ids = this.#delivered;
    this.#delivered = [];
    if (ids.length === 0) return;
    if (this.#marks?.message === this.#thread.sent) {
      this.#marks.ids.push(...ids);
      return;
    }
    this.#marks = { ids, message: this.#thread.sent };
    // A mark that is lost makes a retry meet its answer once more, which is the safe side.
    this.#thread.ask("markDelivered", ids).catch((failure: Error) => {
      this.#ports.report(
        `That ${ids.length} answers were delivered could not be written: ${failure.message}`,
      );
    });
  }
}

// Callers pass whole records where a fence is meant; only the fence changes threads.
function bare({ id, epoch, nonce }: Fence): Fence {
  return { id, epoch, nonce };
}
