import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Loaded, loadConfig } from "../../../src/config/load.ts";
import type { Sockets } from "../../../src/config/schema.ts";
import type { Log, LogFields } from "../../../src/exchange/log.ts";
import { guards } from "../../../src/guards/index.ts";
import type { Guard } from "../../../src/guards/guard.ts";
import { stores } from "../../../src/ledger/index.ts";
import { startGateway, type Running } from "../../../src/main.ts";

/** One line that the gateway logged. */
export interface Logged {
  readonly level: string;
  readonly what: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RunningGateway extends Running {
  readonly logged: Logged[];
  readonly ledgerFile: string;
  /** Stops it and starts another one on the same ledger. */
  restart(): Promise<RunningGateway>;
  /** The same from another configuration, on the same ledger. */
  restartWith(written: Readonly<Record<string, unknown>>): Promise<RunningGateway>;
  /** Gives the running gateway another configuration, as a reload does. */
  reload(written: Readonly<Record<string, unknown>>): Promise<void>;
}

/**
 * A gateway in this process, from a configuration as a user would write it, on a ledger of its own.
 * `more` are guards that only a test has.
 */
export async function startTestGateway(
  written: Readonly<Record<string, unknown>>,
  more: readonly Guard[] = [],
): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), "longstop-"));
  return startIn(folder, written, more);
}

async function startIn(
  folder: string,
  written: Readonly<Record<string, unknown>>,
  more: readonly Guard[],
): Promise<RunningGateway> {
  const ledgerFile = join(folder, "ledger.db");
  const sockets = socketsWith(more);
  const load = async (what: Readonly<Record<string, unknown>>): ReturnType<typeof loadWritten> =>
    loadWritten(folder, { ledger: { kind: "sqlite", file: ledgerFile }, ...what }, sockets);
  const loaded = await load(written);
  const logged: Logged[] = [];
  const running = await startGateway(loaded.config, logInto(logged), "0.0.0-test", sockets, loaded.secrets);
  let stopped: Promise<{ readonly left: number }> | null = null;
  const stopOnce = (): Promise<{ readonly left: number }> => (stopped ??= running.stop());
  return {
    url: running.url,
    port: running.port,
    adminUrl: running.adminUrl,
    logged,
    ledgerFile,
    async stop() {
      const drained = await stopOnce();
      await rm(folder, { recursive: true, force: true });
      return drained;
    },
    async restart() {
      await stopOnce();
      return startIn(folder, written, more);
    },
    async restartWith(other) {
      await stopOnce();
      return startIn(folder, other, more);
    },
    reconfigure: (config, secrets) => running.reconfigure(config, secrets),
    async reload(other) {
      const { config, secrets } = await load(other);
      await running.reconfigure(config, secrets);
    },
  };
}

const usual: Sockets = { guards, stores };
const withOne = new WeakMap<Guard, Sockets>();

/**
 * The same lists are the same object, to which the compiled schema of the configuration belongs: to compile
 * it anew for each gateway takes longer than to start one.
 */
function socketsWith(more: readonly Guard[]): Sockets {
  const [one, ...others] = more;
  if (one === undefined) return usual;
  const known = others.length === 0 ? withOne.get(one) : undefined;
  if (known !== undefined) return known;
  const sockets = { guards: [...guards, ...more], stores };
  if (others.length === 0) withOne.set(one, sockets);
  return sockets;
}

async function loadWritten(
  folder: string,
  written: Readonly<Record<string, unknown>>,
  sockets: Sockets,
): Promise<Extract<Loaded, { kind: "config" }>> {
  const file = join(folder, "longstop.yaml");
  await writeFile(file, stringify({ listen: { port: 0 }, drainSeconds: 2, ...written }));
  const environment = process.env;
  const loaded = await loadConfig({ file, defaultFile: file, overrides: {}, sockets, environment });
  if (loaded.kind === "faults") throw new Error(JSON.stringify(loaded.faults));
  return loaded;
}

function logInto(logged: Logged[]): Log {
  const line =
    (level: string) =>
    (what: string, fields: LogFields | (() => LogFields) = {}): void => {
      logged.push({ level, what, fields: typeof fields === "function" ? fields() : fields });
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}
