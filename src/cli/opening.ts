import { type Command, InvalidArgumentError } from "commander";
import { loadConfig, type LoadRequest, type Overrides } from "../config/load.ts";
import type { Config } from "../config/config.ts";
import { type Environment, readLedgerKeys } from "../config/secrets.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { writeFaults } from "./fault-report.ts";
import type { Actions } from "./program.ts";
import type { LoadedConfig } from "./reloading.ts";

export const defaultFile = "config/longstop.yaml";

/** The configuration has faults; the text shows them all. */
export class ConfigRefused extends Error {}

export interface ConfigFlags {
  readonly host?: string;
  readonly port?: string;
  readonly ledger?: string;
}

/** Gives a command the options that say which ledger it works on. */
export function withLedger(command: Command): Command {
  return command
    .option("--config <file>", `configuration file (default: ${defaultFile}, where there is one)`)
    .option("--ledger <file>", "file of the ledger, in place of ledger.file");
}

/** Most rows that a list of the ledger gives. */
const rowsMax = 9999;

/** A number of rows, as an option has it. */
export function readLimit(written: string): number {
  const limit = /^\d{1,5}$/.test(written) ? Number(written) : 0;
  if (limit < 1 || limit > rowsMax) throw new InvalidArgumentError(`Expected a number from 1 to ${rowsMax}.`);
  return limit;
}

/** Opens the ledger beside a gateway that may be running, and closes it whatever happens. */
export async function withOpenLedger<T>(
  actions: Actions,
  flags: { readonly config?: string; readonly ledger?: string },
  environment: Environment,
  use: (ledger: Ledger, config: Config) => Promise<T>,
): Promise<T> {
  const { config, secrets } = await load(actions, flags.config, flags, environment, "ledger");
  const { keys, findings } = await readLedgerKeys(config, environment);
  // Lists need none, and who looks at them may not have the gateway's variables.
  const ledgerKeys = findings.length === 0 ? keys : null;
  const ledger = await actions.openLedger(config, { ledger: secrets.ledger, ledgerKeys });
  try {
    return await use(ledger, config);
  } finally {
    await ledger.close();
  }
}

/** Reads a configuration; throws `ConfigRefused` with all its faults. */
export async function load(
  actions: Actions,
  file: string | undefined,
  flags: ConfigFlags,
  environment?: Environment,
  secretsOf: LoadRequest["secretsOf"] = "all",
): Promise<LoadedConfig> {
  const loaded = await loadConfig({ ...requestOf(actions, file, flags, environment), secretsOf });
  if (loaded.kind === "faults") throw new ConfigRefused(writeFaults(loaded));
  return loaded;
}

export function requestOf(
  { sockets }: Actions,
  file: string | undefined,
  { host, port, ledger }: ConfigFlags,
  environment: Environment | undefined,
): LoadRequest {
  const overrides: Overrides = {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(ledger === undefined ? {} : { ledgerFile: ledger }),
  };
  const secrets = environment === undefined ? {} : { environment };
  return { file, defaultFile, overrides, sockets, ...secrets };
}
