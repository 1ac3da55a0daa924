import { createHash } from "node:crypto";
import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** How far a ledger had come, as the file beside it says. */
export interface Testimony {
  /** Which ledger it speaks of. */
  readonly identity: string;
  readonly generation: number;
  readonly ticks: number;
  /** Wall clock of the last commit that it knows of, ms since the epoch. */
  readonly atMs: number;
}

/**
 * Two places that are written in turn, in sectors of their own: a write that a power loss cut leaves
 * the other one, which says less and is not wrong.
 */
const slotBytes = 512;
const slotOffsets = [0, 4096] as const;

export function witnessPath(file: string): string {
  return `${file}.generation`;
}

/** The farthest that the file at `path` speaks of; null where there is none, or it says nothing. */
export function readWitness(path: string): Testimony | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw thrown;
  }
  const said = slotOffsets.flatMap((at) => readSlot(bytes.subarray(at, at + slotBytes)) ?? []);
  return said.toSorted(byReach).at(-1) ?? null;
}

/** Negative where `one` had come less far than `other`. */
export function byReach(
  one: Pick<Testimony, "generation" | "ticks">,
  other: Pick<Testimony, "generation" | "ticks">,
): number {
  return one.generation - other.generation || one.ticks - other.ticks;
}

/**
 * The file beside the database that outlives its replacement. It is written after each commit, and
 * never says more than what is on disk in the database: a kill between the two leaves it behind,
 * which is no sign of anything. A write needs no flush to outlive the process, so it costs little.
 */
export class Witness {
  readonly #descriptor: number;
  #turn = 0;

  /** Opens the file, and makes it (0600) where there is none, on disk with its name. */
  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    syncFolder(dirname(path));
  }

  /** Replaces all that it said, on disk when this returns. */
  begin(testimony: Testimony): void {
    // One after the other: at any time one of the two is whole.
    this.write(testimony);
    this.sync();
    this.write(testimony);
    this.sync();
  }

  write({ identity, generation, ticks, atMs }: Testimony): void {
    const text = JSON.stringify({ identity, generation, ticks, atMs });
    const line = `${checksum(text)} ${text}`;
    const slot = Buffer.alloc(slotBytes, " ");
    slot.write(line);
    slot.write("\n", slotBytes - 1);
    writeSync(this.#descriptor, slot, 0, slotBytes, slotOffsets[this.#turn] ?? 0);
    this.#turn = 1 - this.#turn;
  }

  /** Flushes what was written: only then does it outlive a power loss. */
  sync(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function readSlot(bytes: Buffer): Testimony | null {
  const [, sum, text = ""] = /^([0-9a-f]{16}) (\{.*\}) *\n$/.exec(bytes.toString("latin1")) ?? [];
  return sum === checksum(text) ? (JSON.parse(text) as Testimony) : null;
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** A new name is on disk once its folder is. Windows opens no folders, and needs none of this. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
