import { lossSentence } from "../../exchange/loss.ts";
import type { LedgerHealth } from "../ledger.ts";
import { ledgerDown } from "./failures.ts";
import { mebibytes } from "./room.ts";
import type { Store } from "./store.ts";

/** How this store feels, and how many commits carried how many writes since it was opened. */
export interface SqliteHealth extends LedgerHealth {
  readonly commits: number;
  readonly writes: number;
}

/** As much as an outcome with its headers needs: one page more fits on a disk that is full for all else. */
const probeBytes = 64 * 1024;

/** How often a failed ledger is written to only to see how it is, ms, however often it is asked. */
const probeEveryMs = 1000;

/**
 * After a failure this writes, because a gateway that refuses effects until the ledger is well again
 * would otherwise never find out that it is. Between two tries it tells of the failure. `nowMs` is
 * the wall clock.
 */
export function health(store: Store, nowMs: number): SqliteHealth {
  const { condition, connection, room } = store;
  if (condition.failure !== null) {
    // A clock that was set back must not keep the ledger from being tried.
    if (Math.abs(nowMs - condition.probedAtMs) < probeEveryMs) throw ledgerDown(condition.failure);
    condition.probedAtMs = nowMs;
    connection.run("update ledger set probe = zeroblob(:probeBytes)", { probeBytes });
    condition.failure = null;
  }
  const sizeBytes = room.usedBytes();
  const loss = store.generation?.loss ?? null;
  const refusal = loss === null ? room.refusal() : lossSentence(`The ledger ${connection.file}`, loss);
  const unwitnessed = store.generation?.failure ?? null;
  return {
    ok: refusal === null,
    detail: [
      refusal ?? `The ledger ${connection.file} holds ${mebibytes(sizeBytes)}.`,
      ...(unwitnessed === null ? [] : [unwitnessed]),
    ].join(" "),
    ...(loss === null ? {} : { loss }),
    sizeBytes,
    commits: condition.commits,
    writes: condition.writes,
  };
}
