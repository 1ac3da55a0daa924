import type { Fact } from "../../exchange/fact.ts";
import type { Loss } from "../../exchange/loss.ts";
import { smallJson, wellFormed } from "../bounds.ts";
import {
  blobBytesMax,
  sealBytesMax,
  type Claimed,
  type ClaimFilter,
  type ClaimRecord,
  type ClaimRequest,
  type Confirmation,
  type FactPage,
  type Fence,
  type Ledger,
  type LedgerHealth,
  type RunFilter,
  type RunRow,
  type Settled,
  type Settlement,
} from "../ledger.ts";
import type { LedgerPorts } from "../ledger-store.ts";
import { Waiters, whenSettled } from "../waiters.ts";
import { type BlobPlace, bytesOf, getAll, type PlacedBlob, put, putAll } from "./blobs.ts";
import { claim } from "./claims.ts";
import { Database } from "./database.ts";
import { requireDurable } from "./durability.ts";
import { append, factsOf } from "./facts.ts";
import { confirm, Generation } from "./generation.ts";
import { Gathered } from "./gathered.ts";
import { health } from "./health.ts";
import { renew, withdraw } from "./leases.ts";
import { listClaims, listRuns } from "./lists.ts";
import { migrate, requireCurrent } from "./migrations.ts";
import { readable, requireUtf8, storable } from "./names.ts";
import type { PostgresLimits } from "./options.ts";
import { Polling } from "./polling.ts";
import { recordsById } from "./records.ts";
import { markDelivered, settle } from "./settling.ts";
import { sweep } from "./sweep.ts";
import { UnclearClaims } from "./unclear.ts";

/** How long a delivery mark may wait for others, ms. */
const deliveryDelayMs = 100;
/** How soon after something was recorded the count is raised by which an older state is noticed, ms. */
const tickDelayMs = 1000;

/** The ledger in a database that several gateways share. What it says is committed when it says so. */
export class PostgresLedger implements Ledger {
  readonly #database: Database;
  readonly #limits: PostgresLimits;
  readonly #ports: LedgerPorts;
  readonly #generation: Generation;
  readonly #waiters = new Waiters();
  readonly #polling: Polling;
  readonly #unclear = new UnclearClaims();
  readonly #reads: Gathered<string, ClaimRecord | null>;
  readonly #gets: Gathered<BlobPlace, Uint8Array | null>;
  readonly #puts: Gathered<PlacedBlob, string>;
  #delivered: string[] = [];
  #delivering: Promise<void> = Promise.resolve();
  #deliveryTimer: NodeJS.Timeout | undefined;
  #tickTimer: NodeJS.Timeout | undefined;

  static async open(limits: PostgresLimits, ports: LedgerPorts): Promise<PostgresLedger> {
    const database = Database.at(limits);
    try {
      const generation = await database.working(async () => {
        await requireUtf8(database);
        await requireDurable(database, limits.durability, ports.report);
        await (ports.role === "gateway" ? migrate(database) : requireCurrent(database));
        const witnessFile = ports.role === "gateway" ? limits.witnessFile : null;
        const opened = await Generation.open(database, witnessFile, ports.report);
        if (ports.role === "gateway") await opened.tick();
        return opened;
      });
      return new PostgresLedger(database, limits, ports, generation);
    } catch (thrown) {
      await database.close();
      throw thrown;
    }
  }

  private constructor(
    database: Database,
    limits: PostgresLimits,
    ports: LedgerPorts,
    generation: Generation,
  ) {
    this.#generation = generation;
    this.#database = database;
    this.#limits = limits;
    this.#ports = ports;
    this.#polling = new Polling(this.#waiters, database.alone);
    this.#reads = new Gathered((ids) => database.working(() => recordsById(database.alone, ids)));
    this.#gets = new Gathered((places) => database.working(() => getAll(database.alone, places)));
    this.#puts = new Gathered((blobs) => database.working(() => putAll(database.alone, blobs)), bytesOf);
  }

  async claim(request: ClaimRequest): Promise<Claimed> {
    const { tenant, key, run, stage, attempt, clientKey, clientKeyScope, fingerprint, owner } = request;
    wellFormed([tenant, key, run, stage, attempt, clientKey, clientKeyScope]);
    storable([tenant, key, run, stage, attempt, clientKey, fingerprint, owner]);
    const [id, nonce] = [this.#ports.newId(), this.#ports.newId()];
    const ask = { ...request, id, nonce, detail: smallJson("detail", request.detail) };
    await this.#flushDelivered();
    try {
      const claimed = await this.#database.working((isRerun) =>
        this.#generation.guarded((reached) => claim(this.#database, { ...ask, reached }, isRerun)),
      );
      this.#tickSoon();
      this.#notice(claimed.record);
      return claimed;
    } catch (thrown) {
      // Nothing will be sent. If it was won all the same, a sweep takes it back.
      this.#unclear.add(nonce, performance.now());
      throw thrown;
    }
  }

  renew(fence: Fence, leaseMs: number): Promise<boolean> {
    return this.#database.working(() => renew(this.#database.alone, fence, leaseMs));
  }

  async settle(fence: Fence, settlement: Settlement): Promise<Settled> {
    const { reason } = settlement;
    const ask = {
      fence,
      settlement: reason === undefined ? settlement : { ...settlement, reason: readable(reason) },
      nonce: this.#ports.newId(),
    };
    await this.#flushDelivered();
    const settled = await this.#database.working(() => settle(this.#database, ask));
    this.#notice(settled.record);
    return settled;
  }

  /** Written with others, at the latest after 100 ms. */
  async markDelivered(id: string): Promise<void> {
    this.#database.requireOpen();
    this.#delivered.push(id);
    this.#deliveryTimer ??= setTimeout(() => void this.#flushDelivered(), deliveryDelayMs);
  }

  async read(id: string): Promise<ClaimRecord | null> {
    await this.#flushDelivered();
    return this.#reads.ask(id);
  }

  async append(facts: readonly Omit<Fact, "sequence" | "atMs">[]): Promise<readonly Fact[]> {
    const asks = facts.map(({ tenant, subject, kind, value }) => {
      wellFormed([tenant, subject, kind]);
      storable([tenant, subject, kind]);
      return { tenant, subject, kind, json: smallJson("a fact's value", value) };
    });
    const batch = this.#ports.newId();
    const appended = await this.#database.working(() =>
      this.#generation.guarded((reached) => append(this.#database.alone, asks, batch, reached)),
    );
    this.#tickSoon();
    return appended;
  }

  facts(tenant: string, subject: string, kind?: string, page?: FactPage): Promise<readonly Fact[]> {
    return this.#database.working(() => factsOf(this.#database.alone, tenant, subject, kind, page));
  }

  async put(tenant: string, bytes: Uint8Array, address?: string): Promise<string> {
    wellFormed([tenant]);
    storable([tenant]);
    const bytesMax = address === undefined ? blobBytesMax : blobBytesMax + sealBytesMax;
    if (bytes.byteLength > bytesMax) {
      throw new RangeError(`a blob has ${bytes.byteLength} bytes, of at most ${bytesMax}`);
    }
    // A copy of its own: it may be sent later, and twice.
    const copy = new Uint8Array(bytes);
    if (address !== undefined) return this.#puts.ask({ tenant, hash: address, bytes: copy });
    return this.#database.working(() => put(this.#database.alone, tenant, copy));
  }

  get(tenant: string, hash: string): Promise<Uint8Array | null> {
    return this.#gets.ask({ tenant, hash });
  }

  listRuns(filter: RunFilter): Promise<readonly RunRow[]> {
    return this.#database.working(() => listRuns(this.#database.alone, filter));
  }

  async listClaims(filter: ClaimFilter): Promise<readonly ClaimRecord[]> {
    await this.#flushDelivered();
    return this.#database.working(() => listClaims(this.#database.alone, filter));
  }

  wait(id: string, timeoutMs: number): Promise<ClaimRecord | null> {
    return whenSettled(
      this.#waiters,
      id,
      timeoutMs,
      () => this.read(id),
      (change, leftMs) => {
        this.#polling.begin();
        return change.within(leftMs);
      },
    );
  }

  async sweep(): Promise<{ readonly doubted: number; readonly expired: number }> {
    await this.#withdrawUnclear();
    let doubted = 0;
    let expired = 0;
    for (;;) {
      const step = await this.#database.working(() => sweep(this.#database, this.#limits));
      for (const record of step.ended) this.#notice(record);
      doubted += step.ended.filter((record) => record.state === "in-doubt").length;
      expired += step.expired;
      if (!step.more) break;
    }
    await this.#database.working(() => this.#generation.tick());
    return { doubted, expired };
  }

  /** Never rejects: a ledger that cannot be asked is one that is not well. */
  async health(): Promise<LedgerHealth> {
    try {
      return await this.#database.working(() => health(this.#database, this.#generation));
    } catch (thrown) {
      const detail = thrown instanceof Error ? thrown.message : String(thrown);
      return { ok: false, detail, sizeBytes: 0 };
    }
  }

  confirm(by: Confirmation): Promise<Loss | null> {
    const identity = this.#ports.newId();
    return this.#database.working(() =>
      this.#database.transaction((queries) => confirm(queries, by, identity)),
    );
  }

  async close(): Promise<void> {
    await this.#flushDelivered();
    if (this.#tickTimer !== undefined) await this.#tick();
    this.#generation.close();
    this.#polling.end();
    const closed = this.#database.close();
    this.#waiters.wakeAll();
    await closed;
  }

  #tickSoon(): void {
    this.#tickTimer ??= setTimeout(() => void this.#tick(), tickDelayMs);
  }

  async #tick(): Promise<void> {
    clearTimeout(this.#tickTimer);
    this.#tickTimer = undefined;
    try {
      await this.#database.working(() => this.#generation.tick());
    } catch {
      // Each sweep raises the count, too, and says why it cannot.
    }
  }

  #notice(record: ClaimRecord): void {
    if (record.state !== "intent") this.#waiters.wake(record.id);
  }

  async #withdrawUnclear(): Promise<void> {
    const { nonces } = this.#unclear;
    if (nonces.length === 0) return;
    const records = await this.#database.working(() => withdraw(this.#database.alone, nonces));
    this.#unclear.lookedFor(
      records.map((record) => record.nonce),
      performance.now(),
    );
    for (const record of records) this.#notice(record);
  }

  /** A mark that is lost makes a retry meet its answer once more, which is the safe side. */
  async #orReport(written: Promise<unknown>, marks: number): Promise<void> {
    try {
      await written;
    } catch (failure) {
      const why = failure instanceof Error ? failure.message : String(failure);
      this.#ports.report(`That ${marks} answers were delivered could not be written: ${why}`);
    }
  }

  /** Resolves when every mark that was made before is written, or is lost. */
  #flushDelivered(): Promise<void> {
    clearTimeout(this.#deliveryTimer);
    this.#deliveryTimer = undefined;
    const ids = this.#delivered;
    this.#delivered = [];
    if (ids.length > 0) {
      const before = this.#delivering;
      const written = this.#database.working(() => markDelivered(this.#database.alone, ids));
      this.#delivering = this.#orReport(Promise.all([before, written]), ids.length);
    }
    return this.#delivering;
  }
}
