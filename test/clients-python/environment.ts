import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

const folder = import.meta.dirname;
const environment = path.join(folder, "data", "venv");

/** The interpreter of the virtual environment that the clients are installed into. */
export const python = path.join(
  environment,
  process.platform === "win32" ? "Scripts/python.exe" : "bin/python",
);

/** Nothing can be run here at all; the message says why. */
export class NotHere extends Error {}

function run(command: string, args: readonly string[], timeoutMs: number): string | null {
  const done = spawnSync(command, args, { encoding: "utf8", timeout: timeoutMs });
  if (done.error !== undefined) return done.error.message;
  if (done.status === 0) return null;
  return done.stderr.trim().split("\n").at(-1) ?? `${command} ended with ${done.status}`;
}

/** Makes the environment where there is none, and installs what it lacks. Says what cannot be had. */
export function install(say: (line: string) => void): void {
  if (!existsSync(python)) {
    const fault = run("python3", ["-m", "venv", environment], 120_000);
    if (fault !== null) throw new NotHere(`No virtual environment can be made here: ${fault}`);
  }
  const wanted = readFileSync(path.join(folder, "requirements.txt"), "utf8").trim().split("\n");
  for (const one of wanted) {
    const [name = one, version] = one.split("==");
    const asked = `import importlib.metadata as m, sys; sys.exit(m.version("${name}") != "${version}")`;
    if (run(python, ["-c", asked], 60_000) === null) continue;
    say(`installing ${one} …`);
    const fault = run(python, ["-m", "pip", "install", "--quiet", "--retries", "1", one], 600_000);
    if (fault !== null) say(`${one} cannot be installed here, so its clients are left out: ${fault}`);
  }
}
