import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Config } from "../../src/config/config.ts";
import type { ConfigFault } from "../../src/config/fault.ts";
import { type Loaded, loadConfig, type Overrides } from "../../src/config/load.ts";
import { testSockets } from "./sockets.ts";

/** Loads a real file with this text, called `longstop.yaml` in a folder of its own. */
export async function loadText(text: string | Uint8Array, overrides: Overrides = {}): Promise<Loaded> {
  const file = path.join(await ownFolder(), "longstop.yaml");
  await writeFile(file, text);
  return loadConfig({ file, defaultFile: "not used", overrides, sockets: testSockets });
}

export async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), "longstop-test-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

export async function configOf(text: string, overrides: Overrides = {}): Promise<Config> {
  const loaded = await loadText(text, overrides);
  if (loaded.kind === "faults") throw new Error(`faults: ${JSON.stringify(loaded.faults)}`);
  return loaded.config;
}

export async function faultsOf(text: string, overrides: Overrides = {}): Promise<readonly ConfigFault[]> {
  const loaded = await loadText(text, overrides);
  return loaded.kind === "faults" ? loaded.faults : [];
}

/** Faults as `line:column path | expected | found | hint`, which is all that matters of them. */
export async function faultLines(text: string, overrides: Overrides = {}): Promise<readonly string[]> {
  return (await faultsOf(text, overrides)).map(({ line, column, path: at, expected, found, hint }) =>
    [`${line}:${column} ${at}`.trimEnd(), expected, found, hint]
      .filter((part) => part !== undefined)
      .join(" | "),
  );
}
