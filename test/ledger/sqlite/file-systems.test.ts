import { existsSync, mkdtempSync, rmSync, statfsSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { LongstopError } from "../../../src/exchange/error.ts";
import { fileSystemRemark, unreliableNames } from "../../../src/ledger/sqlite/file-systems.ts";
import { prepareFile } from "../../../src/ledger/sqlite/files.ts";

const remarkOn = (type: number, allowed: readonly string[] = []): string | null =>
  fileSystemRemark("/srv/data", allowed, "linux", () => type);

describe("a file system that a ledger cannot rely on", () => {
  // https://man7.org/linux/man-pages/man2/statfs.2.html
  it.each([
    ["tmpfs", 0x01021994, "forgets every operation"],
    ["ramfs", 0x858458f6, "forgets every operation"],
    ["nfs", 0x6969, "over a network"],
    ["cifs", 0xff534d42, "over a network"],
    ["smb", 0xfe534d42, "over a network"],
    ["smb", 0x517b, "over a network"],
    ["9p", 0x01021997, "over a network"],
    ["fuse", 0x65735546, "over a network"],
    ["ceph", 0x00c36400, "over a network"],
  ])("%s is refused with the option that allows it, and told of where it is allowed", (name, type, why) => {
    expect(() => remarkOn(type)).toThrow(LongstopError);
    expect(() => remarkOn(type)).toThrow(new RegExp(`/srv/data is on the file system ${name}: .*${why}`));
    expect(() => remarkOn(type)).toThrow(`ledger.allowFileSystems: [${name}]`);
    expect(() =>
      remarkOn(
        type,
        unreliableNames.filter((other) => other !== name),
      ),
    ).toThrow(LongstopError);
    expect(remarkOn(type, [name])).toContain(why);
  });

  it("is known also where numbers of 32 bits are negative", () => {
    expect(() => remarkOn(0xff534d42 | 0)).toThrow("cifs");
  });

  it("is none of those that disks have", () => {
    // ext4, xfs, btrfs, zfs, overlay, f2fs
    for (const type of [0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0x794c7630, 0xf2f52010]) {
      expect(remarkOn(type)).toBeNull();
    }
  });

  it("is a share of Windows, by its path, and no drive", () => {
    const onWindows = (folder: string): string | null => fileSystemRemark(folder, [], "win32", () => 0);
    expect(() => onWindows("\\\\server\\share\\data")).toThrow("file system smb");
    expect(onWindows("C:\\data")).toBeNull();
    expect(onWindows("\\\\?\\C:\\data")).toBeNull();
  });

  it("is not looked for where its number is not known", () => {
    expect(fileSystemRemark("/srv", [], "darwin", () => 0x6969)).toBeNull();
  });
});

/** A folder in memory, as every Linux has it, or null. */
function folderInMemory(): string | null {
  if (process.platform !== "linux" || !existsSync("/dev/shm")) return null;
  if (statfsSync("/dev/shm").type !== 0x01021994) return null;
  const folder = mkdtempSync("/dev/shm/longstop-");
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe("a ledger on tmpfs", () => {
  it.runIf(existsSync("/dev/shm"))(
    "is refused before anything is made there, unless it is allowed",
    (test) => {
      const folder = folderInMemory();
      if (folder === null) return test.skip();
      const file = join(folder, "longstop.db");
      expect(() => prepareFile(file, [], () => {})).toThrow("tmpfs");
      expect(existsSync(file)).toBe(false);
      const reports: string[] = [];
      prepareFile(file, ["tmpfs"], (sentence) => reports.push(sentence));
      expect(existsSync(file)).toBe(true);
      expect(reports).toEqual([expect.stringContaining("forgets every operation")]);
    },
  );

  it("is refused also where only a link leads to it", (test) => {
    const memory = folderInMemory();
    if (memory === null) return test.skip();
    const folder = mkdtempSync(join(tmpdir(), "longstop-link-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    prepareFile(join(memory, "real.db"), ["tmpfs"], () => {});
    symlinkSync(join(memory, "real.db"), join(folder, "longstop.db"));
    expect(() => prepareFile(join(folder, "longstop.db"), [], () => {})).toThrow("tmpfs");
  });
});
