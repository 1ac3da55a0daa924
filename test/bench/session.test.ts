import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "longstop-session-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A bench with an empty path of programs: it can measure nothing. */
function runBench(file: string, ...args: readonly string[]) {
  const main = join(import.meta.dirname, "../../bench", file);
  return spawnSync(process.execPath, [main, ...args], {
    env: { PATH: folder, TMPDIR: folder },
    encoding: "utf8",
  });
}

describe.each(["main.ts", "ledger/main.ts"])("a run of bench/%s", (file) => {
  it("says what it can be told", () => {
    const { status, stdout } = runBench(file, "--help");
    expect(status).toBe(0);
    expect(stdout).toContain("--repeats N");
  });

  it("ends with 1 and a sentence where a program is missing, and leaves nothing behind", () => {
    const { status, stderr } = runBench(file);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^bench.*: taskset is missing\. On Debian: apt-get install util-linux$/m);
    expect(stderr).toContain("wrk is missing. On Debian: apt-get install wrk");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("ends with 1 and a sentence where it is told nonsense", () => {
    const { status, stderr } = runBench(file, "--repeats", "few");
    expect(status).toBe(1);
    expect(stderr).toMatch(/--repeats is a number over 0, not "few"/);
  });
});

it("counts syncs only with strace", () => {
  expect(runBench("ledger/main.ts").stderr).toContain("strace is missing. On Debian: apt-get install strace");
  expect(runBench("ledger/main.ts", "--phases", "effects").stderr).not.toContain("strace");
});
