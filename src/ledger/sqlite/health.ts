import type { LedgerHealth } from "../ledger.ts";
import { mebibytes } from "./room.ts";
import type { Store } from "./store.ts";

/** How this store feels, and how many commits carried how many writes since it was opened. */
export interface SqliteHealth extends LedgerHealth {
  readonly commits: number;
  readonly writes: number;
}

/** As much as an outcome with its headers needs: one page more fits on a disk that is full for all else. */
const probeBytes = 64 * 1024;

/**
 * After a failure this writes, because a gateway that refuses effects until the ledger is well again
 * would otherwise never find out that it is.
 */
export function health(store: Store): SqliteHealth {
  const { condition, connection, room } = store;
  if (condition.failure !== null) {
    connection.run("update ledger set probe = zeroblob(:probeBytes)", { probeBytes });
    condition.failure = null;
  }
  const sizeBytes = room.usedBytes();
  const refusal = room.refusal();
  return {
    ok: refusal === null,
    detail: refusal ?? `The ledger ${connection.file} holds ${mebibytes(sizeBytes)}.`,
    sizeBytes,
    commits: condition.commits,
    writes: condition.writes,
  };
}
