import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { countSyncs, readSyncs, traced } from "../../../bench/ledger/syncs.ts";
import { isInstalled } from "../../../bench/requirements.ts";

const log = `12745 1796044541.429773 fsync(22)       = 0
12745 1796044541.467306 fdatasync(23 <unfinished ...>
12746 1796044541.475882 fsync(22)       = 0 (DELAYED)
12745 1796044541.480000 <... fdatasync resumed>) = 0
12745 1796044542.000000 fsync(22)       = 0
12745 1796044542.100000 +++ exited with 0 +++
`;

describe("the syncs of a time", () => {
  it("are those that began in it, each counted once", () => {
    expect(countSyncs(log, 1796044541_000, 1796044541_999)).toBe(3);
    expect(countSyncs(log, 1796044541_470, 1796044543_000)).toBe(2);
    expect(countSyncs("", 0, Number.MAX_VALUE)).toBe(0);
  });
});

describe.runIf(isInstalled("strace"))("syncs under strace", () => {
  const folder = mkdtempSync(join(tmpdir(), "longstop-syncs-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Ten syncs in another process: the time they took, ms, and the count. */
  function tenSyncs(addedMs: number): { readonly tookMs: number; readonly count: number } {
    const file = join(folder, `syncs-${addedMs}.log`);
    const program = `const fs = require("node:fs");
      const file = fs.openSync(${JSON.stringify(join(folder, "file"))}, "w");
      const began = performance.now();
      for (let i = 0; i < 10; i++) { fs.writeSync(file, "x"); fs.fsyncSync(file); }
      console.log(performance.now() - began);`;
    const [command, ...args] = [...traced(file, addedMs), process.execPath, "-e", program];
    const tookMs = Number(execFileSync(command, args, { encoding: "utf8" }));
    return { tookMs, count: readSyncs(file, 0, Number.MAX_VALUE) };
  }

  it("are all counted, as the kernel is asked for them", () => {
    expect(tenSyncs(0).count).toBe(10);
  });

  it("take as much longer as they are told to", () => {
    const { tookMs, count } = tenSyncs(30);
    expect(count).toBe(10);
    expect(tookMs).toBeGreaterThan(300);
  });
});
