import type { LongstopError } from "../../exchange/error.ts";
import { checkDurable } from "./connection.ts";
import { asFailure, packFailure, type Failure } from "./failures.ts";
import type { Store } from "./store.ts";
import { runVerb, verbs, type VerbName } from "./verbs.ts";

/** One question to the store, stamped with the time at which it was asked. */
export interface Ask {
  readonly seq: number;
  readonly verb: VerbName;
  readonly question: unknown;
  readonly nowMs: number;
}

export type Reply =
  | { readonly seq: number; readonly answer: unknown }
  | { readonly seq: number; readonly failure: Failure };

/**
 * Group commit: all that waits becomes durable with one flush, and is answered after it. A failing
 * question leaves nothing behind and its neighbours are kept.
 */
export function runBatch(store: Store, asks: readonly Ask[]): readonly Reply[] {
  store.room.anew();
  try {
    store.generation?.recheck(asks[0]?.nowMs ?? 0);
  } catch (thrown) {
    const failure = noteFailure(store, thrown);
    return asks.map((ask) => refused(ask, failure));
  }
  if (!asks.some((ask) => verbs[ask.verb].writes)) return asks.map((ask) => readAlone(store, ask));
  try {
    store.connection.run("BEGIN IMMEDIATE");
  } catch (thrown) {
    // Not one write can begin. Asking for each alone would wait for the lock as often.
    const failure = noteFailure(store, thrown);
    return asks.map((ask) => (verbs[ask.verb].writes ? refused(ask, failure) : readAlone(store, ask)));
  }
  const together = runInTransaction(store, asks);
  if (together.committed) return together.replies;
  // SQLite gave up the whole transaction, as it does on a full disk. Whoever fits alone still gets in.
  if (asks.length > 1) return asks.flatMap((ask) => runBatch(store, [ask]));
  return asks.map((ask) => refused(ask, together.failure));
}

type Transaction =
  | { readonly committed: true; readonly replies: readonly Reply[] }
  | { readonly committed: false; readonly failure: LongstopError };

function runInTransaction(store: Store, asks: readonly Ask[]): Transaction {
  const { connection, condition } = store;
  try {
    const replies = asks.map((ask) => runInSavepoint(store, ask));
    const committed = store.generation?.tick(Math.max(...asks.map(({ nowMs }) => nowMs)));
    connection.run("COMMIT");
    committed?.();
    if (condition.commits === 0) checkDurable(connection);
    condition.commits += 1;
    condition.writes += asks.filter((ask) => verbs[ask.verb].writes).length;
    condition.failure = null;
    return { committed: true, replies };
  } catch (thrown) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    return { committed: false, failure: noteFailure(store, thrown) };
  }
}

/** Throws where the failure took the whole transaction with it. */
function runInSavepoint(store: Store, ask: Ask): Reply {
  const { connection } = store;
  connection.run("SAVEPOINT ask");
  try {
    const answer = runVerb(store, ask.verb, ask.question, ask.nowMs);
    connection.run("RELEASE ask");
    return { seq: ask.seq, answer };
  } catch (thrown) {
    if (!connection.inTransaction) throw thrown;
    connection.run("ROLLBACK TO ask");
    connection.run("RELEASE ask");
    return refused(ask, asFailure(thrown, connection.file));
  }
}

function readAlone(store: Store, ask: Ask): Reply {
  try {
    return { seq: ask.seq, answer: runVerb(store, ask.verb, ask.question, ask.nowMs) };
  } catch (thrown) {
    return refused(ask, asFailure(thrown, store.connection.file));
  }
}

function refused(ask: Ask, failure: LongstopError): Reply {
  return { seq: ask.seq, failure: packFailure(failure) };
}

function noteFailure(store: Store, thrown: unknown): LongstopError {
  const failure = asFailure(thrown, store.connection.file);
  store.condition.failure = failure.message;
  return failure;
}
