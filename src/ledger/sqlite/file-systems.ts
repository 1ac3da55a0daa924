import { statfsSync } from "node:fs";
import { ledgerDown } from "./failures.ts";

/** Why a kind of file system is refused: its files go with the machine's memory, or others share it. */
type Trouble = "forgets" | "network";

/**
 * What `statfs(2)` of Linux calls the file systems that a ledger cannot rely on. The numbers are those
 * of its manual page (https://man7.org/linux/man-pages/man2/statfs.2.html) and of linux/magic.h.
 */
const unreliable: readonly {
  readonly magic: number;
  readonly name: string;
  readonly trouble: Trouble;
}[] = [
  { magic: 0x01021994, name: "tmpfs", trouble: "forgets" },
  { magic: 0x858458f6, name: "ramfs", trouble: "forgets" },
  { magic: 0x6969, name: "nfs", trouble: "network" },
  { magic: 0x517b, name: "smb", trouble: "network" },
  { magic: 0xfe534d42, name: "smb", trouble: "network" },
  { magic: 0xff534d42, name: "cifs", trouble: "network" },
  { magic: 0x01021997, name: "9p", trouble: "network" },
  { magic: 0x65735546, name: "fuse", trouble: "network" },
  { magic: 0x00c36400, name: "ceph", trouble: "network" },
  { magic: 0x5346414f, name: "afs", trouble: "network" },
  { magic: 0x73757245, name: "coda", trouble: "network" },
];

/** The names that the option `allowFileSystems` takes. */
export const unreliableNames: readonly string[] = [...new Set(unreliable.map(({ name }) => name))];

const sentences: Readonly<Record<Trouble, string>> = {
  forgets: "it is memory, so a restart of the machine forgets every operation",
  // https://sqlite.org/wal.html: "WAL does not work over a network filesystem".
  network: "SQLite's log and locks cannot be relied on over a network, nor what is flushed",
};

/** How `statfs` of a folder is asked; a test brings its own. */
export type FileSystemType = (folder: string) => number;

/**
 * Throws where `folder` lies on a file system that a ledger cannot rely on, unless it is allowed by
 * name; then it gives the sentence to report. Null where nothing is known against it. The numbers
 * are Linux's: elsewhere only a share of Windows is known, by its path.
 */
export function fileSystemRemark(
  folder: string,
  allowed: readonly string[],
  platform: NodeJS.Platform = process.platform,
  typeOf: FileSystemType = (path) => statfsSync(path).type,
): string | null {
  const found = unreliableAt(folder, platform, typeOf);
  if (found === null) return null;
  const { name, trouble } = found;
  const said = `${folder} is on the file system ${name}: ${sentences[trouble]}`;
  if (allowed.includes(name)) return `The ledger's folder ${said} (ledger.allowFileSystems has it).`;
  throw ledgerDown(
    `The ledger cannot live there: ${said}. Name a file on a disk of this machine (ledger.file), or ` +
      `allow it with ledger.allowFileSystems: [${name}].`,
  );
}

function unreliableAt(
  folder: string,
  platform: NodeJS.Platform,
  typeOf: FileSystemType,
): { readonly name: string; readonly trouble: Trouble } | null {
  if (platform === "win32")
    return /^[\\/]{2}[^\\/?.]/.test(folder) ? { name: "smb", trouble: "network" } : null;
  if (platform !== "linux") return null;
  // Where a long has 32 bits, the upper half of the numbers is negative.
  const type = typeOf(folder) >>> 0;
  return unreliable.find(({ magic }) => magic === type) ?? null;
}
