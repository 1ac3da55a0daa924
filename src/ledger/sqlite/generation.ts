import { LongstopError } from "../../exchange/error.ts";
import { lossSentence, type Loss } from "../../exchange/loss.ts";
import type { Confirmation } from "../ledger.ts";
import type { Connection } from "./connection.ts";
import { append } from "./facts.ts";
import { unconfirmedSeconds } from "./failures.ts";
import type { Store } from "./store.ts";
import { byReach, readWitness, Witness, witnessPath, type Testimony } from "../witness.ts";

/** What the database says of itself. */
interface Own extends Testimony {
  readonly isWitnessed: boolean;
  readonly loss: Loss | null;
}

/**
 * Watches for an older state of the database that was put back. The database counts its openings
 * (`generation`) and its commits (`ticks`), and a file beside it says the same a moment later. A
 * database that has come less far than the file says is an older one: what was recorded in between
 * is not known any more, so nothing may lean on its absence until an operator confirms.
 *
 * One that has come farther is the one that it was: every crash leaves that.
 */
export class Generation {
  readonly #connection: Connection;
  readonly #path: string;
  #witness: Witness | null = null;
  #own: Own;
  #failure: string | null = null;

  /** For the sole owner, once the schema is current. Throws where database or file cannot be written. */
  constructor(connection: Connection, nowMs: number) {
    this.#connection = connection;
    this.#path = witnessPath(connection.file);
    this.#own = ownOf(connection);
    if (this.#own.loss === null) this.#compare(nowMs);
    if (this.#own.loss === null) this.#begin(nowMs);
  }

  /** What is not known any more, and is not confirmed. */
  get loss(): Loss | null {
    return this.#own.loss;
  }

  /** Why the file beside the database could not be written, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Looks whether an operator confirmed the loss, and goes on if so. */
  recheck(nowMs: number): void {
    if (this.#own.loss === null) return;
    this.#own = ownOf(this.#connection);
    if (this.#own.loss === null) this.#begin(nowMs);
  }

  /** Counts a commit, inside it. Gives what is to be called once it is on disk. */
  tick(nowMs: number): () => void {
    // The file is the evidence of the loss, and the count what it is found by: neither may move.
    if (this.#own.loss !== null) return () => {};
    // Nobody else counts, so that nothing need be read back.
    const ticks = this.#own.ticks + 1;
    this.#connection.run("update generation set ticks = :ticks, ticked_at_ms = max(ticked_at_ms, :nowMs)", {
      ticks,
      nowMs,
    });
    return () => {
      this.#own = { ...this.#own, ticks, atMs: Math.max(this.#own.atMs, nowMs) };
      this.#tell(() => this.#witness?.write(this.#own));
    };
  }

  /** Makes what the file says outlive a power loss. */
  sync(): void {
    this.#tell(() => this.#witness?.sync());
  }

  close(): void {
    this.sync();
    this.#witness?.close();
    this.#witness = null;
  }

  #compare(nowMs: number): void {
    const loss = lossOf(this.#own, readWitness(this.#path), nowMs);
    if (loss === null) return;
    this.#connection.run("update generation set loss = :loss", { loss: JSON.stringify(loss) });
    this.#own = { ...this.#own, loss };
  }

  /** A new generation: in the database first, so that the file never says more than it. */
  #begin(nowMs: number): void {
    this.#connection.run(
      "update generation set generation = generation + 1, ticked_at_ms = max(ticked_at_ms, :nowMs)",
      {
        nowMs,
      },
    );
    this.#own = ownOf(this.#connection);
    this.#witness ??= new Witness(this.#path);
    this.#witness.begin(this.#own);
    this.#connection.run("update generation set witnessed = 1 where witnessed = 0");
    this.#failure = null;
  }

  // A file that says too little makes a loss go unnoticed, and no call wrong: the ledger goes on.
  #tell(write: () => void): void {
    try {
      write();
      this.#failure = null;
    } catch (thrown) {
      const why = String(thrown);
      this.#failure = `${this.#path} cannot be written, so an old backup could go unnoticed (${why}).`;
    }
  }
}

function ownOf(connection: Connection): Own {
  const row = connection.one("select * from generation");
  if (row === null) throw new Error("the ledger does not know its generation");
  return {
    identity: String(row["identity"]),
    generation: Number(row["generation"]),
    ticks: Number(row["ticks"]),
    atMs: Number(row["ticked_at_ms"]),
    isWitnessed: row["witnessed"] === 1,
    loss: row["loss"] === null ? null : (JSON.parse(row["loss"] as string) as Loss),
  };
}

function lossOf(own: Own, said: Testimony | null, nowMs: number): Loss | null {
  const fromMs = own.atMs === 0 ? null : own.atMs;
  if (said === null) return own.isWitnessed ? { why: "unwitnessed", fromMs, toMs: nowMs } : null;
  if (said.identity !== own.identity) return { why: "other", fromMs: null, toMs: said.atMs };
  return byReach(own, said) < 0 ? { why: "older", fromMs, toMs: said.atMs } : null;
}

/** Throws while what is absent from the ledger proves nothing. */
export function requireConfirmed({ generation, connection }: Store): void {
  const loss = generation?.loss ?? null;
  if (loss === null) return;
  throw new LongstopError("ledger_unconfirmed", lossSentence(`The ledger ${connection.file}`, loss), {
    retryAfterSeconds: unconfirmedSeconds,
  });
}

/**
 * An operator takes note of a loss: from now on what is absent counts as never recorded. Gives what
 * was lost, or null where nothing was. The file beside the database is taken over by the gateway.
 */
export function confirm(store: Store, by: Confirmation, nowMs: number): Loss | null {
  const { connection } = store;
  const { loss, generation } = ownOf(connection);
  if (loss === null) return null;
  const said = readWitness(witnessPath(connection.file));
  connection.run(
    `update generation set loss = null, witnessed = 0, generation = :generation,
       identity = coalesce(:identity, identity)`,
    { generation: Math.max(generation, said?.generation ?? 0) + 1, identity: said?.identity ?? null },
  );
  const json = JSON.stringify({ ...by, loss });
  append(store, [{ tenant: "-", subject: "tenant", kind: "ledger-confirmed", json }], nowMs);
  return loss;
}
