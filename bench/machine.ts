import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** What a figure was measured on: without it no figure means anything. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
}

export function readMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: first?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: readFileSync("/proc/version", "utf8").split(" ")[2] ?? "",
    versions: {
      node: process.versions.node,
      longstop: packageVersion(new URL("../package.json", import.meta.url)),
      hono: packageVersion(new URL("../node_modules/hono/package.json", import.meta.url)),
      undici: packageVersion(new URL("../node_modules/undici/package.json", import.meta.url)),
      nginx: firstLine("nginx", ["-v"]),
      wrk: firstLine("wrk", ["-v"]),
    },
  };
}

export function packageVersion(url: URL): string {
  return (JSON.parse(readFileSync(url, "utf8")) as { readonly version: string }).version;
}

function firstLine(program: string, args: readonly string[]): string {
  try {
    // Both print their version to the error stream, and wrk ends with 1 after it.
    return (
      execFileSync("sh", ["-c", `${[program, ...args].join(" ")} 2>&1 || true`], { encoding: "utf8" }).split(
        "\n",
      )[0] ?? ""
    );
  } catch {
    return "";
  }
}
