import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { numberSign } from "../load/request-bytes.ts";
import type { Subject } from "../subjects.ts";

const project = join(import.meta.dirname, "../..");

/** For tables. */
export const turnTitles = { off: "turns off", on: "turns on" } as const;

/** A run of its own for each request. What has a run with an id is recorded, where turns are on. */
export const ownRuns: Readonly<Record<string, string>> = { "longstop-run": `bench-${numberSign}` };

/** The same gateway without turns and with them, asked with these headers. All its other settings are the defaults. */
export function turnSubjects(headers: Readonly<Record<string, string>>): readonly Subject[] {
  const ledgerOf = async (folder: string, port: number): Promise<Readonly<Record<string, unknown>>> => ({
    kind: "sqlite",
    file: join(folder, `ledger-${port}.db`),
    // The folder for temporary files is in memory on some machines.
    allowFileSystems: ["tmpfs"],
  });
  return [gateway("off", headers, ledgerOf), gateway("on", headers, ledgerOf)];
}

/** A gateway with turns whose ledger others share: its schema is that of all. */
export function replica(url: string, schema: string): Subject {
  return gateway("on", {}, async (folder, port) => {
    const file = join(folder, `database-${port}`);
    await writeFile(file, `${url}\n`);
    return { kind: "postgres", url: { file }, schema };
  });
}

function gateway(
  name: keyof typeof turnTitles,
  headers: Readonly<Record<string, string>>,
  ledgerOf: (folder: string, port: number) => Promise<Readonly<Record<string, unknown>>>,
): Subject {
  return {
    name,
    title: turnTitles[name],
    headers: () => headers,
    peer: null,
    async argv(port, upstream, folder) {
      const file = join(folder, `longstop-${port}.yaml`);
      const configuration = {
        listen: { port },
        upstreams: { mock: { url: upstream } },
        defaults: { openai: "mock", anthropic: null, gemini: null },
        turns: { mode: name === "on" ? "enforce" : "off" },
        log: { level: "warn" },
        ledger: await ledgerOf(folder, port),
      };
      // JSON is YAML.
      await writeFile(file, `${JSON.stringify(configuration, null, 1)}\n`);
      return [process.execPath, join(project, "longstop.mjs"), "start", file];
    },
  };
}
