import { LongstopError } from "../../exchange/error.ts";
import { lossSentence, type Loss } from "../../exchange/loss.ts";
import type { Confirmation } from "../ledger.ts";
import { readWitness, type Testimony, Witness } from "../witness.ts";
import type { Database, Queries } from "./database.ts";
import { append } from "./facts.ts";
import { isBehind, ledgerDown, unconfirmedSeconds } from "./failures.ts";
import type { Row } from "./statement.ts";

/** How far the ledger had come when it was last seen. */
interface Seen {
  readonly identity: string;
  readonly ticks: number;
  /** When it had, by the database's clock. */
  readonly atMs: number;
}

/** What the database says of itself. */
interface Own extends Seen {
  readonly earlier: readonly string[];
  readonly isElsewhere: boolean;
  readonly loss: Loss | null;
  readonly nowMs: number;
}

/**
 * Watches for an older state of the database that was put back, or a copy that was put in its place. The
 * database counts (`ticks`), and each gateway remembers the highest count that it saw committed: in
 * memory, and, where there is one, in a file that outlives it. A database that says less was put back.
 * Crashes and failovers leave what was committed, so they never look like it.
 */
export class Generation {
  readonly #database: Database;
  readonly #witnessFile: string | null;
  readonly #isSystemReadable: boolean;
  #witness: Witness | null = null;
  #seen: Seen | null = null;
  #loss: Loss | null = null;
  #failure: string | null = null;

  /** Looks at once. `witnessFile` is null for who only looks, and where there is none. */
  static async open(
    database: Database,
    witnessFile: string | null,
    report: (sentence: string) => void,
  ): Promise<Generation> {
    const isSystemReadable = await isSystemReadableTo(database.alone);
    if (!isSystemReadable) {
      report(
        `The ledger ${database.place} does not let this user call pg_control_system(), so a copy of it in ` +
          "another server could go unnoticed.",
      );
    }
    const generation = new Generation(database, witnessFile, isSystemReadable);
    await generation.look();
    if (generation.#loss !== null) report(generation.#sentence(generation.#loss));
    if (generation.#failure !== null) report(generation.#failure);
    return generation;
  }

  private constructor(database: Database, witnessFile: string | null, isSystemReadable: boolean) {
    this.#database = database;
    this.#witnessFile = witnessFile;
    this.#isSystemReadable = isSystemReadable;
    const said = witnessFile === null ? null : testimonyIn(witnessFile);
    if (said !== null) this.#seen = { identity: said.identity, ticks: said.ticks, atMs: said.atMs };
  }

  /** What is not known any more, and is not confirmed. */
  get loss(): Loss | null {
    return this.#loss;
  }

  /** Why an older state could go unnoticed at the next start, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Does a piece of work that leans on what the ledger knows. It gets how far that must have come, and
   * must ask for it in its statements. Throws `ledger_unconfirmed` while there is a loss.
   */
  async guarded<T>(work: (reached: number) => Promise<T>): Promise<T> {
    if (this.#loss !== null) await this.look();
    this.#requireConfirmed();
    try {
      return await work(this.#seen?.ticks ?? 0);
    } catch (thrown) {
      if (!isBehind(thrown)) throw thrown;
      await this.look();
      this.#requireConfirmed();
      // Another gateway's loss was confirmed before this one knew of it: from there it goes on.
      return work(this.#seen?.ticks ?? 0);
    }
  }

  /** Compares the database with what was seen of it, and writes a loss into it for all gateways. */
  async look(): Promise<void> {
    // What is seen while this is asked may be newer than its answer.
    const seen = this.#seen;
    const own = await ownOf(this.#database.alone, this.#isSystemReadable);
    const loss = own.loss ?? lossOf(own, seen);
    if (loss === null) this.#remember(own);
    else if (own.loss === null) {
      await this.#database.alone.run(
        "update @generation set loss = :loss, lost = :lost where loss is null and identity = :identity",
        { loss: JSON.stringify(loss), lost: seen?.identity ?? null, identity: own.identity },
      );
    }
    this.#loss = loss;
  }

  /** Raises the count. What was committed before this is missed where an older state is put back after it. */
  async tick(): Promise<void> {
    await this.look();
    if (this.#loss !== null || this.#seen === null) return;
    const { identity, ticks } = this.#seen;
    const row = await this.#database.alone.one(
      `update @generation set ticks = ticks + 1, ticked_at_ms = greatest(ticked_at_ms, @now_ms()),
         system = coalesce(system, ${this.#isSystemReadable ? systemNow : "null"})
       where loss is null and identity = :identity and ticks >= :ticks::bigint
       returning ticks, ticked_at_ms`,
      { identity, ticks },
    );
    if (row === null) await this.look();
    else this.#remember({ identity, ticks: Number(row["ticks"]), atMs: Number(row["ticked_at_ms"]) });
  }

  close(): void {
    this.#tell(() => this.#witness?.sync());
    this.#witness?.close();
    this.#witness = null;
  }

  #remember({ identity, ticks, atMs }: Seen): void {
    const before = this.#seen;
    // Of two that were asked at the same time, the later answer may be the older one.
    if (before?.identity === identity && before.ticks > ticks) return;
    const isSame = before?.identity === identity;
    this.#seen = { identity, ticks, atMs };
    const path = this.#witnessFile;
    if (path === null || (isSame && before.ticks === ticks && this.#witness !== null)) return;
    this.#tell(() => {
      const said = { identity, ticks, atMs, generation: 0 };
      if (this.#witness !== null && isSame) this.#witness.write(said);
      else (this.#witness ??= new Witness(path)).begin(said);
    });
  }

  // A file that says too little makes a loss go unnoticed, and no call wrong: the ledger goes on.
  #tell(write: () => void): void {
    try {
      write();
      this.#failure = null;
    } catch (thrown) {
      this.#failure =
        `${this.#witnessFile} cannot be written, so an older state that is put back while no gateway runs ` +
        `could go unnoticed (${String(thrown)}).`;
    }
  }

  #requireConfirmed(): void {
    if (this.#loss === null) return;
    throw new LongstopError("ledger_unconfirmed", this.#sentence(this.#loss), {
      retryAfterSeconds: unconfirmedSeconds,
    });
  }

  #sentence(loss: Loss): string {
    return lossSentence(`The ledger ${this.#database.place}`, loss);
  }
}

function testimonyIn(path: string): Testimony | null {
  try {
    return readWitness(path);
  } catch (thrown) {
    // What it says may be what a loss is noticed by, so it is not gone on without.
    throw ledgerDown(`${path} (ledger.witnessFile) cannot be read: ${String(thrown)}`, thrown);
  }
}

const placeNow = `(select here.oid || '/' || generation.tableoid from pg_catalog.pg_database here
  where here.datname = current_database())`;
const systemNow = "(select system_identifier::text from pg_catalog.pg_control_system())";

async function isSystemReadableTo(queries: Queries): Promise<boolean> {
  const may = "pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')";
  return (await queries.one(`select ${may} as may`))?.["may"] === true;
}

async function ownOf(queries: Queries, isSystemReadable: boolean): Promise<Own> {
  const row = await queries.one(
    `select *, @now_ms() as now_ms, place <> ${placeNow}
       ${isSystemReadable ? `or coalesce(system <> ${systemNow}, false)` : ""} as is_elsewhere
     from @generation generation`,
  );
  if (row === null) throw new Error("the ledger does not know its generation");
  return {
    identity: row["identity"] as string,
    earlier: row["earlier"] as readonly string[],
    ticks: Number(row["ticks"]),
    atMs: Number(row["ticked_at_ms"]),
    isElsewhere: row["is_elsewhere"] === true,
    loss: lossIn(row),
    nowMs: Number(row["now_ms"]),
  };
}

function lossIn(row: Row): Loss | null {
  return row["loss"] === null ? null : (JSON.parse(row["loss"] as string) as Loss);
}

function lossOf(own: Own, seen: Seen | null): Loss | null {
  if (seen !== null && seen.identity !== own.identity && !own.earlier.includes(seen.identity)) {
    return { why: "other", fromMs: null, toMs: seen.atMs };
  }
  if (seen?.identity === own.identity && own.ticks < seen.ticks) {
    return { why: "older", fromMs: own.atMs, toMs: seen.atMs };
  }
  return own.isElsewhere ? { why: "copied", fromMs: own.atMs, toMs: own.nowMs } : null;
}

/**
 * An operator takes note of a loss: from now on what is absent counts as never recorded. The ledger gets
 * the name `identity`, by which every gateway knows that what it saw before is confirmed; asked again
 * under the same name, it is done already. Gives what was lost, or null where nothing was.
 */
export async function confirm(queries: Queries, by: Confirmation, identity: string): Promise<Loss | null> {
  const batch = `confirmed ${identity}`;
  const row = await queries.one("select * from @generation for update");
  if (row === null) return null;
  if (row["identity"] === identity) return confirmedIn(queries, batch);
  const loss = lossIn(row);
  if (loss === null) return null;
  // What this user may not read of the server, a gateway fills in that may.
  const isReadable = await isSystemReadableTo(queries);
  await queries.run(
    `update @generation generation set loss = null, lost = null, identity = :identity, ticks = ticks + 1,
       earlier = earlier || identity || array_remove(array[lost], null),
       place = ${placeNow}, system = ${isReadable ? systemNow : "null"}`,
    { identity },
  );
  const json = JSON.stringify({ ...by, loss });
  await append(queries, [{ tenant: "-", subject: "tenant", kind: "ledger-confirmed", json }], batch);
  return loss;
}

async function confirmedIn(queries: Queries, batch: string): Promise<Loss | null> {
  const row = await queries.one("select value from @facts where batch = :batch", { batch });
  return row === null ? null : (JSON.parse(row["value"] as string) as { readonly loss: Loss }).loss;
}
