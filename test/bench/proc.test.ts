import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import {
  coresBusySeconds,
  cpuSeconds,
  openFilesMax,
  ownCpuSeconds,
  rssMiB,
  treeOf,
} from "../../bench/proc.ts";

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe.runIf(process.platform === "linux")("what the kernel says", () => {
  it("of a process includes those that it has started", async () => {
    const script =
      'const { spawn } = require("node:child_process"); const c = spawn("sleep", ["30"]); c.once("spawn", () => console.log(c.pid))';
    const child = spawn(process.execPath, ["-e", script]);
    children.push(child);
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    const tree = treeOf(child.pid ?? 0);
    expect(tree).toEqual([child.pid, Number(said)]);
    expect(cpuSeconds(tree)).toBeGreaterThan(0.001);
    expect(rssMiB(tree)).toBeGreaterThan(20);
    process.kill(Number(said), "SIGKILL");
  });

  it("of a process that has gone is nothing", () => {
    const gone = [2 ** 30];
    expect([treeOf(2 ** 30), cpuSeconds(gone), rssMiB(gone)]).toEqual([gone, 0, 0]);
  });

  it("of the cores only ever grows, as our own time does", () => {
    const [cores, own] = [coresBusySeconds(), ownCpuSeconds()];
    expect(cores.length).toBeGreaterThan(0);
    expect(own).toBeGreaterThan(0);
    for (const [core, seconds] of coresBusySeconds().entries())
      expect(seconds).toBeGreaterThanOrEqual(cores[core] ?? 0);
  });

  it("of open files is the limit that child processes inherit", () => {
    expect(openFilesMax()).toBeGreaterThanOrEqual(256);
  });
});
