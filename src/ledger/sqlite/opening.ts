import { existsSync, realpathSync, statSync } from "node:fs";
import { lossSentence } from "../../exchange/loss.ts";
import type { LedgerPorts } from "../ledger-store.ts";
import { checkDurable, Connection, makeDurable } from "./connection.ts";
import { ledgerDown } from "./failures.ts";
import { prepareFile } from "./files.ts";
import { Generation } from "./generation.ts";
import { endOrphans } from "./leases.ts";
import { lockFile, type FileLock } from "./lock.ts";
import { migrate, requireCurrent } from "./migrations.ts";
import type { SqliteLimits } from "./options.ts";
import { Room } from "./room.ts";
import type { Store } from "./store.ts";

/** Larger files are not read through at opening: damage is then found where it is met. */
const checkedBytesMax = 64 * 1024 * 1024;

export interface OpenStore {
  readonly store: Store;
  /** What the operator should know about the opening. */
  readonly remarks: readonly string[];
  close(): void;
}

export function openStore(limits: SqliteLimits, role: LedgerPorts["role"], nowMs: number): OpenStore {
  return role === "gateway" ? openAsGateway(limits, nowMs) : openBeside(limits);
}

/** The sole owner: it may change the schema, and what was left running has no owner any more. */
function openAsGateway(limits: SqliteLimits, nowMs: number): OpenStore {
  const remarks: string[] = [];
  const file = prepareFile(limits.file, limits.allowFileSystems, (sentence) => remarks.push(sentence));
  const lock = lockFile(file);
  return openWith(file, lock, (connection) => {
    checkWhole(connection);
    makeDurable(connection);
    migrate(connection);
    connection.run(
      `insert into ledger (one, made_at_ms, opened_at_ms) values (1, :nowMs, :nowMs)
       on conflict do update set opened_at_ms = excluded.opened_at_ms`,
      { nowMs },
    );
    checkDurable(connection);
    const generation = new Generation(connection, nowMs);
    if (generation.loss !== null) {
      remarks.push(lossSentence(`The ledger ${connection.file}`, generation.loss));
    }
    const store = storeOn(connection, limits, generation);
    const doubted = endOrphans(store, nowMs).filter((record) => record.kind === "effect").length;
    if (doubted > 0) {
      remarks.push(`Operations that a stopped gateway left running are in doubt now: ${doubted}.`);
    }
    return { store, remarks };
  });
}

/** The command line beside a gateway: it takes no lock, makes no file and changes no schema. */
function openBeside(limits: SqliteLimits): OpenStore {
  if (!existsSync(limits.file)) {
    throw ledgerDown(
      `There is no ledger at ${limits.file}. Start the gateway once, or name the right file (ledger.file).`,
    );
  }
  return openWith(realpathSync(limits.file), null, (connection) => {
    requireCurrent(connection);
    makeDurable(connection);
    return { store: storeOn(connection, limits, null), remarks: [] };
  });
}

function storeOn(connection: Connection, limits: SqliteLimits, generation: Generation | null): Store {
  return {
    connection,
    generation,
    limits,
    room: new Room(connection, limits.sizeBytesMax),
    condition: { commits: 0, writes: 0, failure: null, probedAtMs: 0 },
  };
}

function openWith(
  file: string,
  lock: FileLock | null,
  prepare: (connection: Connection) => Omit<OpenStore, "close">,
): OpenStore {
  let connection: Connection | null = null;
  let store: Store | null = null;
  const close = (): void => {
    // The file beside the database first: it must not say more than the database, and may say less.
    store?.generation?.close();
    connection?.close();
    lock?.release();
  };
  try {
    connection = new Connection(file);
    const prepared = prepare(connection);
    store = prepared.store;
    return { ...prepared, close };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

function checkWhole(connection: Connection): void {
  if (statSync(connection.file).size > checkedBytesMax) return;
  const found = connection.pragma("quick_check(1)");
  if (found !== "ok") {
    throw ledgerDown(
      `The ledger ${connection.file} is damaged; restore a backup or move the file away (SQLite: ${found}).`,
    );
  }
}
