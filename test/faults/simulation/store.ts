import type { Fact } from "../../../src/exchange/fact.ts";
import type {
  Claimed,
  ClaimFilter,
  ClaimRecord,
  ClaimRequest,
  Fence,
  Ledger,
  LedgerHealth,
  RunRow,
  Settled,
  Settlement,
} from "../../../src/ledger/ledger.ts";
import { runBatch, type Reply } from "../../../src/ledger/sqlite/batch.ts";
import { smallJson } from "../../../src/ledger/bounds.ts";
import { Connection } from "../../../src/ledger/sqlite/connection.ts";
import { ledgerDown, unpackFailure } from "../../../src/ledger/sqlite/failures.ts";
import { endOrphans } from "../../../src/ledger/sqlite/leases.ts";
import { migrate } from "../../../src/ledger/sqlite/migrations.ts";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import { Room } from "../../../src/ledger/sqlite/room.ts";
import { wholeClaimed } from "../../../src/ledger/sqlite/short.ts";
import type { Store } from "../../../src/ledger/sqlite/store.ts";
import type { Answer, Question, VerbName } from "../../../src/ledger/sqlite/verbs.ts";
import type { Clock } from "../../../src/proxy/clock.ts";
import type { Process, World } from "./world.ts";

/**
 * What is on the disk: the real verbs of the SQLite ledger, in memory, with the way there and back, its
 * outages and its crashes decided by the world.
 */
export class Disk {
  readonly world: World;
  readonly #store: Store;
  /** True while every question is refused. */
  down = false;
  /** When it was down for the last time, ms. */
  downUntilMs = -Infinity;

  constructor(world: World) {
    this.world = world;
    this.#store = emptyStore();
  }

  /** Questions are answered again. */
  up(): void {
    if (this.down) this.downUntilMs = this.world.nowMs;
    this.down = false;
  }

  /** Answers at once, as only the world itself may. */
  ask<Name extends VerbName>(verb: Name, question: Question<Name>): Answer<Name> {
    const reply = this.commit(verb, question);
    if ("failure" in reply) throw unpackFailure(reply.failure);
    return reply.answer as Answer<Name>;
  }

  commit(verb: VerbName, question: unknown): Reply {
    const [reply] = runBatch(this.#store, [{ seq: 1, verb, question, nowMs: this.world.nowMs }]);
    return reply as Reply;
  }

  /** A gateway opened the file and is the only one: what another left running is in doubt. */
  openedAlone(): void {
    const doubted = endOrphans(this.#store, this.world.nowMs).length;
    if (doubted > 0) this.world.count("doubts of a restart");
  }

  /** Whatever may be on its way to the tool, or may have been there. */
  open(): readonly Pick<ClaimRecord, "id" | "tenant" | "clientKey" | "keyEpoch">[] {
    return this.#store.connection
      .all("select id, tenant, client_key, key_epoch from claims where state in ('intent', 'in-doubt')")
      .map((row) => ({
        id: String(row["id"]),
        tenant: String(row["tenant"]),
        clientKey: row["client_key"] as string | null,
        keyEpoch: Number(row["key_epoch"]),
      }));
  }

  records(): readonly ClaimRecord[] {
    return this.ask("listClaims", { limit: 1000 }).toReversed();
  }
}

let kept: Store | null = null;

/** One database in memory, emptied for each history: its schema and its statements are made once. */
function emptyStore(): Store {
  if (kept === null) {
    const limits = sqliteLimits({ file: ":memory:" });
    const connection = new Connection(":memory:");
    migrate(connection);
    const room = new Room(connection, limits.sizeBytesMax);
    kept = {
      connection,
      limits,
      room,
      condition: { commits: 0, writes: 0, failure: null, probedAtMs: 0 },
      generation: null,
    };
  }
  const { connection } = kept;
  connection.exec("PRAGMA foreign_keys = OFF");
  const tables = connection.all("select name from sqlite_schema where type = 'table'");
  for (const { name } of tables) connection.exec(`delete from "${String(name)}"`);
  return kept;
}

/** How soon a changed record is seen by who waits for it, ms. */
const pollMs = 500;

/** The ledger as one gateway has it: questions take their time, and answers to a dead one are lost. */
export class SimulatedLedger implements Ledger {
  readonly keepsOrder = true;
  readonly hasOneOwner: boolean;
  readonly #disk: Disk;
  readonly #process: Process;
  readonly #clock: Clock;
  readonly #newId: () => string;
  #delivered: string[] = [];
  /** When the last question reaches the disk: they are answered in the order in which they were asked. */
  #lastMs = 0;

  constructor(disk: Disk, process: Process, isAlone: boolean) {
    this.hasOneOwner = isAlone;
    this.#disk = disk;
    this.#process = process;
    this.#clock = disk.world.clockOf(process);
    this.#newId = disk.world.newId;
  }

  async claim(request: ClaimRequest): Promise<Claimed> {
    const { detail, ...rest } = request;
    this.#flushDelivered();
    const ids = { id: this.#newId(), nonce: this.#newId() };
    const ask = { ...rest, ...ids, detail: smallJson("detail", detail) };
    return wholeClaimed(ask, await this.#ask("claim", ask));
  }

  async renew({ id, epoch, nonce }: Fence, leaseMs: number): Promise<boolean> {
    const [leaseUntilMs = null] = await this.#ask("renew", [{ fence: { id, epoch, nonce }, leaseMs }]);
    return leaseUntilMs !== null;
  }

  async settle({ id, epoch, nonce }: Fence, settlement: Settlement): Promise<Settled> {
    this.#flushDelivered();
    const fence = { id, epoch, nonce };
    return (await this.#ask("settle", { fence, settlement, isKnown: false })) as Settled;
  }

  /** Written a little later, as the real one does: a crash can forget it. */
  async markDelivered(id: string): Promise<void> {
    if (this.#delivered.push(id) === 1) {
      this.#disk.world.after(100, this.#process, () => this.#flushDelivered());
    }
  }

  read(id: string): Promise<ClaimRecord | null> {
    this.#flushDelivered();
    return this.#ask("read", id);
  }

  append(facts: readonly Omit<Fact, "sequence" | "atMs">[]): Promise<readonly Fact[]> {
    const asks = facts.map(({ value, ...rest }) => ({ ...rest, json: smallJson("a fact's value", value) }));
    return this.#ask("append", asks);
  }

  facts(tenant: string, subject: string, kind?: string): Promise<readonly Fact[]> {
    return this.#ask("facts", { tenant, subject, kind });
  }

  put(tenant: string, bytes: Uint8Array, address?: string): Promise<string> {
    const ask = { tenant, bytes: new Uint8Array(bytes) };
    return this.#ask("put", address === undefined ? ask : { ...ask, address });
  }

  get(tenant: string, hash: string): Promise<Uint8Array | null> {
    return this.#ask("get", { tenant, hash });
  }

  listRuns(filter: { readonly tenant?: string; readonly limit: number }): Promise<readonly RunRow[]> {
    return this.#ask("listRuns", filter);
  }

  listClaims(filter: ClaimFilter): Promise<readonly ClaimRecord[]> {
    return this.#ask("listClaims", filter);
  }

  async wait(id: string, timeoutMs: number): Promise<ClaimRecord | null> {
    const endMs = this.#clock.now() + timeoutMs;
    for (;;) {
      const record = await this.read(id);
      const leftMs = endMs - this.#clock.now();
      if (record === null || record.state !== "intent" || leftMs <= 0) return record;
      await this.#clock.sleep(Math.min(leftMs, pollMs));
    }
  }

  async sweep(): Promise<{ readonly doubted: number; readonly expired: number }> {
    const { ended, expired } = await this.#ask("sweep", null);
    return { doubted: ended.filter(({ state }) => state === "in-doubt").length, expired };
  }

  health(): Promise<LedgerHealth> {
    return this.#ask("health", null);
  }

  async close(): Promise<void> {
    this.#flushDelivered();
  }

  #flushDelivered(): void {
    const ids = this.#delivered;
    this.#delivered = [];
    if (ids.length > 0) this.#ask("markDelivered", ids).catch(() => {});
  }

  #ask<Name extends VerbName>(verb: Name, question: Question<Name>): Promise<Answer<Name>> {
    const { world } = this.#disk;
    this.#lastMs = Math.max(this.#lastMs + 1, world.nowMs + world.random.between(0, 4));
    return new Promise((resolve, reject) => {
      world.after(this.#lastMs - world.nowMs, this.#process, () => {
        const isDown = this.#disk.down;
        const reply = isDown ? null : this.#disk.commit(verb, question);
        if (isDown) world.count("questions to a ledger that is down");
        // Between the commit and its answer a crash leaves what is written, and nobody who knows of it.
        world.after(world.random.between(0, 2), this.#process, () => {
          if (reply === null) reject(ledgerDown("The simulated ledger is down."));
          else if ("failure" in reply) reject(unpackFailure(reply.failure));
          else resolve(reply.answer as Answer<Name>);
        });
      });
    });
  }
}
