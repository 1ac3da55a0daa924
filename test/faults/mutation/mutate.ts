import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Mutation } from "./mutations.ts";

const root = join(import.meta.dirname, "../../..");
/** What the simulation is made of. */
const copied = ["src", "test/faults", "test/proxy/support", "package.json"];

/** What became of one mutant. */
export interface Tried {
  readonly mutation: Mutation;
  /** What noticed it, or null where nothing did. */
  readonly caughtBy: string | null;
  readonly seconds: number;
}

/** The source with a mutation, by file. Throws where the mutation does not fit the source any more. */
export async function mutated(mutation: Mutation): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const { file, from, to } of mutation.edits) {
    const text = files.get(file) ?? (await readFile(join(root, file), "utf8"));
    const places = text.split(from).length - 1;
    if (places !== 1) {
      throw new Error(
        `${mutation.name} does not fit ${file} any more: what it changes stands there ${places} times.`,
      );
    }
    files.set(
      file,
      text.replace(from, () => to),
    );
  }
  return files;
}

/** Plays histories with the mutated source, in a folder of its own, until one breaks a promise. */
export async function tryMutation(mutation: Mutation, seeds: number): Promise<Tried> {
  const startedMs = performance.now();
  const files = await mutated(mutation);
  const folder = await mkdtemp(join(tmpdir(), "longstop-mutant-"));
  try {
    for (const path of copied) await cp(join(root, path), join(folder, path), { recursive: true });
    await symlink(join(root, "node_modules"), join(folder, "node_modules"));
    for (const [file, text] of files) await writeFile(join(folder, file), text);
    const { code, lines } = await simulated(folder, seeds, mutation.turns === true);
    const found = lines.find((line) => line.startsWith("seed "));
    // 1 is a broken promise; anything else that is not 0 is a mutant that does not run, which proves nothing.
    if (code !== 0 && (code !== 1 || found === undefined)) {
      throw new Error(`${mutation.name} does not run:\n${lines.slice(-20).join("\n")}`);
    }
    return { mutation, caughtBy: found ?? null, seconds: (performance.now() - startedMs) / 1000 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function simulated(
  folder: string,
  seeds: number,
  turns: boolean,
): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const args = [join(folder, "test/faults/simulate.ts"), "--seed", "1", "--seeds", String(seeds), "--stop"];
  if (turns) args.push("--turns");
  // What is compiled of a mutant is of no use to the next one.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" };
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
  return new Promise((resolve) => {
    child.once("close", (code) => resolve({ code, lines: said.split("\n") }));
  });
}
