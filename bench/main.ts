// npm run bench -- [--seconds 3] [--repeats 3] [--sizes 1k,100k,1m] [--only NAME,NAME] [--json FILE]
// Throughput of whole answers through each subject, in turns within one run. Prints; asserts nothing.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { requestBody } from "./bodies.ts";
import { packageVersion, readMachine } from "./machine.ts";
import { writeMock } from "./mock.ts";
import { cpuSeconds, loadCore, rssMiB, run, start, stopAll, subjectCore, waitForPort } from "./processes.ts";
import { isMissing, subjects, type Subject } from "./subjects.ts";
import { tables, type Cell } from "./table.ts";

const connections = 32;
const bytesOf: Readonly<Record<string, number>> = { "1k": 1_000, "100k": 100_000, "1m": 1_000_000 };
const mockPort = 18_700;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "3" },
    repeats: { type: "string", default: "3" },
    sizes: { type: "string", default: "1k,100k,1m" },
    only: { type: "string" },
    json: { type: "string" },
  },
});

interface Started {
  readonly subject: Subject;
  readonly url: string;
  readonly pid: number | null;
  readonly headers: readonly string[];
}

function requireProgram(program: string): void {
  try {
    execFileSync("sh", ["-c", `command -v ${program}`]);
  } catch {
    throw new Error(`${program} is missing. On Debian: apt-get install nginx wrk`);
  }
}

async function startSubject(subject: Subject, port: number, folder: string): Promise<Started> {
  const upstream = `http://127.0.0.1:${mockPort}`;
  const headers = Object.entries(subject.headers(upstream)).map(([name, value]) => `${name}=${value}`);
  if (subject.argv === null) return { subject, url: upstream, pid: null, headers };
  const child = start(subjectCore, await subject.argv(port, upstream, folder), folder);
  await waitForPort(port, child);
  return { subject, url: `http://127.0.0.1:${port}`, pid: child.pid ?? null, headers };
}

async function measure(
  started: Started,
  size: string,
  repeat: number,
  seconds: number,
  folder: string,
): Promise<Cell> {
  const { pid, url, headers, subject } = started;
  const script = join(import.meta.dirname, "load/post.lua");
  const wrk = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "-s", script];
  const cpuBefore = pid === null ? 0 : cpuSeconds(pid);
  const out = await run(
    [...wrk, `${url}/v1/chat/completions`, "--", join(folder, `${size}.json`), ...headers],
    (seconds + 60) * 1000,
  );
  const report = JSON.parse(out.trim().split("\n").at(-1) ?? "{}") as Record<string, number>;
  const requests = report["requests"] ?? 0;
  return {
    subject: subject.name,
    size,
    repeat,
    requestsPerSecond: requests / ((report["durationUs"] ?? 1) / 1e6),
    p50Us: report["p50Us"] ?? 0,
    p99Us: report["p99Us"] ?? 0,
    errors: report["errors"] ?? 0,
    cpuUsPerRequest: pid === null ? null : ((cpuSeconds(pid) - cpuBefore) * 1e6) / Math.max(1, requests),
    rssMiB: pid === null ? null : rssMiB(pid),
  };
}

async function bench(folder: string): Promise<void> {
  for (const program of ["nginx", "wrk", "taskset"]) requireProgram(program);
  const only = values.only?.split(",");
  const chosen = subjects.filter(({ name }) => only === undefined || only.includes(name));
  if (chosen.some(isMissing)) {
    console.log("Installing the peers of bench/peers (npm ci) …");
    execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
      cwd: join(import.meta.dirname, "peers"),
      stdio: "inherit",
    });
  }
  const machine = readMachine();
  const portkey = new URL("peers/node_modules/@portkey-ai/gateway/package.json", import.meta.url);
  const versions: Readonly<Record<string, string>> = {
    ...machine.versions,
    ...(chosen.some(({ name }) => name.startsWith("@portkey")) ? { portkey: packageVersion(portkey) } : {}),
  };
  console.log(
    `Mock model: ${versions["nginx"]}; load: ${versions["wrk"]?.split(" ").slice(0, 2).join(" ")}, ${connections} connections`,
  );
  console.log(
    `${machine.cores} × ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; subject on core ${subjectCore}, load and mock on core ${loadCore}`,
  );
  console.log(
    `${Object.entries(versions)
      .filter(([name]) => !["nginx", "wrk"].includes(name))
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}\n`,
  );

  const sizes = values.sizes.split(",");
  for (const size of sizes) {
    const bytes = bytesOf[size];
    if (bytes === undefined)
      throw new Error(`no size is called ${size}; there are ${Object.keys(bytesOf).join(", ")}`);
    await writeFile(join(folder, `${size}.json`), requestBody(bytes));
  }
  const mock = start(loadCore, ["nginx", "-p", folder, "-c", await writeMock(folder, mockPort)], folder);
  await waitForPort(mockPort, mock);
  const started: Started[] = [];
  for (const [i, subject] of chosen.entries())
    started.push(await startSubject(subject, mockPort + 1 + i, folder));

  const cells: Cell[] = [];
  for (const size of sizes) for (const one of started) await measure(one, size, -1, 1, folder);
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (const size of sizes) {
      // Another one begins in each round, so that a drift of the machine meets all alike.
      const order = started.map((_, i) => started[(i + repeat) % started.length] as Started);
      for (const one of order) cells.push(await measure(one, size, repeat, Number(values.seconds), folder));
    }
  }
  console.log(tables(cells, "bare hono + undici"));
  if (values.json !== undefined) {
    await writeFile(
      values.json,
      `${JSON.stringify({ at: new Date().toISOString(), machine: { ...machine, versions }, connections, cells }, null, 1)}\n`,
    );
  }
}

const folder = await mkdtemp(join(tmpdir(), "longstop-bench-"));
try {
  await bench(folder);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await stopAll();
  await rm(folder, { recursive: true, force: true });
}
