import type { Connection } from "./connection.ts";
import type { Generation } from "./generation.ts";
import type { SqliteLimits } from "./options.ts";
import type { Room } from "./room.ts";

/** The open ledger, as the verbs of the worker see it. */
export interface Store {
  readonly connection: Connection;
  readonly room: Room;
  readonly limits: SqliteLimits;
  readonly condition: Condition;
  /** Null beside a gateway: only the owner counts. */
  readonly generation: Generation | null;
}

/** How writing goes: what `health` tells, and what a test of group commit counts. */
interface Condition {
  commits: number;
  writes: number;
  /** Why the last commit failed, until one succeeds. */
  failure: string | null;
  /** When it was last tried whether it is well again, ms since the epoch. */
  probedAtMs: number;
}
