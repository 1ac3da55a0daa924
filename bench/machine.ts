import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { peerPackage, type Subject } from "./subjects.ts";

const project = join(import.meta.dirname, "..");

/** What a figure was measured on: without it no figure means anything. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  /** Of the project: a commit, with "+" where files differ from it. */
  readonly commit: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function readMachine(subjects: readonly Subject[]): Machine {
  const [first] = cpus();
  const peers = subjects.flatMap(({ peer }) => (peer === null ? [] : [peer]));
  const installed = ["hono", "@hono/node-server", "undici"];
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    commit: readCommit(),
    versions: {
      node: process.versions.node,
      longstop: packageVersion(join(project, "package.json")),
      ...Object.fromEntries(
        installed.map((name) => [name, packageVersion(join(project, "node_modules", name, "package.json"))]),
      ),
      ...Object.fromEntries(peers.map((name) => [name, packageVersion(peerPackage(name))])),
      nginx: /nginx\/(\S+)/.exec(said("nginx", "-v"))?.[1] ?? "none",
      wrk: /^wrk (\S+)/.exec(said("wrk", "-v"))?.[1] ?? "none",
    },
  };
}

export function machineLines({ cpu, cores, memoryGiB, kernel, commit, versions }: Machine): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} × ${cpu}, ${memoryGiB} GiB, Linux ${kernel}; commit ${commit}\n${list.join(", ")}`;
}

function packageVersion(file: string): string {
  if (!existsSync(file)) return "none";
  return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
}

/** Both say their version on the error stream, and wrk ends with 1 after it. */
function said(program: string, option: string): string {
  return execFileSync("sh", ["-c", `${program} ${option} 2>&1 || true`], { encoding: "utf8" });
}

function readCommit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", project, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no").trim() === "" ? "" : "+";
    return git("rev-parse", "--short", "HEAD").trim() + changed;
  } catch {
    // A copy without its history is measured all the same.
    return "unknown";
  }
}
