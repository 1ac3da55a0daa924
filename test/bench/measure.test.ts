import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { disturbedShare, measured, untilIdle } from "../../bench/measure.ts";
import { cpuSeconds } from "../../bench/proc.ts";

/** On each line that it is sent, works until it has had 0.2 s of CPU, and says so. */
const worker = `process.stdin.on("data", () => {
  const before = process.cpuUsage().user;
  while (process.cpuUsage().user - before < 200_000);
  console.log("done");
});
console.log("ready");`;

let child: ChildProcess | undefined;
afterEach(() => child?.kill("SIGKILL"));

async function startWorker(): Promise<ChildProcess> {
  child = spawn(process.execPath, ["-e", worker], { stdio: ["pipe", "pipe", "inherit"] });
  if (child.stdout !== null) await once(child.stdout, "data");
  return child;
}

describe.runIf(process.platform === "linux")("a measurement", () => {
  it("knows what the subject took, apart from what it took before", async () => {
    const { pid = 0, stdin, stdout } = await startWorker();
    const before = cpuSeconds([pid]);
    const { outcome, cpuSeconds: spent } = await measured({ subject: pid, mock: process.pid }, async () => {
      stdin?.write("work\n");
      if (stdout !== null) await once(stdout, "data");
      return "an answer";
    });
    expect(outcome).toBe("an answer");
    expect(spent).toBeGreaterThan(0.18);
    expect(spent).toBeLessThanOrEqual(cpuSeconds([pid]) - before);
  });

  it("of no subject has no cores of it, and none is negative", async () => {
    const { figures, cpuSeconds: spent } = await measured(
      { subject: null, mock: process.pid },
      async () => null,
    );
    expect(spent).toBe(0);
    expect(Object.keys(figures)).toEqual([
      "loadCores",
      "foreignSubjectCore",
      "foreignLoadCore",
      "disturbedLoad",
    ]);
    for (const share of Object.values(figures)) expect(share).toBeGreaterThanOrEqual(0);
  });
});

describe("a disturbance", () => {
  it.each([
    ["nothing, while nobody else ran", 3, 1, 0, 0],
    ["nothing, while the subject wanted nothing", 0.5, 0, 2.5, 0],
    ["what others had while it waited", 1.5, 1.5, 1.5, 0.5],
    ["not what it waited for its own threads", 2.7, 2, 0.3, 0.1],
  ])("is %s", (_name, ran, waited, foreignSeconds, share) => {
    expect(disturbedShare({ ran, waited }, foreignSeconds)).toBeCloseTo(share);
  });
});

describe.runIf(process.platform === "linux")("the next turn", () => {
  it("waits until the subject before has nothing left to do", async () => {
    const { pid = 0, stdin } = await startWorker();
    const before = cpuSeconds([pid]);
    stdin?.write("work\n");
    await untilIdle(pid);
    expect(cpuSeconds([pid]) - before).toBeGreaterThan(0.18);
  });

  it("does not wait where nothing stands between load and mock", async () => {
    await expect(untilIdle(null)).resolves.toBeUndefined();
  });
});
