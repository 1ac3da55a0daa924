import { writeFile } from "node:fs/promises";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import type { Config } from "../config/config.ts";
import { dutiesOf } from "../config/duties.ts";
import { explainConfig } from "../config/explain.ts";
import { outgoingProxies } from "../config/outgoing-proxy.ts";
import { type Loaded, loadConfig, type LoadRequest, type Overrides } from "../config/load.ts";
import { schemaFile, type Sockets } from "../config/schema.ts";
import { type Environment, readLedgerKeys, type Secrets } from "../config/secrets.ts";
import { warningsOf } from "../config/warnings.ts";
import { LongstopError } from "../exchange/error.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { AnswerFileError } from "./answer-file.ts";
import { effectsJson, effectsTable, findEffects } from "./effects-list.ts";
import { writeFaults } from "./fault-report.ts";
import { explainListenError } from "./listen-error.ts";
import { plain } from "./plain.ts";
import { redactText } from "./redact.ts";
import type { LoadedConfig } from "./reloading.ts";
import { type Ending, ResolveError, resolveOperation } from "./resolve.ts";
import { makeVirtualKey, virtualKeyText } from "./virtual-key.ts";

/** What the program can do and does not know how: the wiring of `main.ts`. */
export interface Actions {
  readonly sockets: Sockets;
  /** Runs the gateway; resolves when it has stopped. */
  readonly start: (start: Start) => Promise<void>;
  /** Opens the ledger beside a gateway that may be running: role `operator`. Null: without its keys. */
  readonly openLedger: (config: Config, keys: Secrets["ledgerKeys"] | null) => Promise<Ledger>;
}

/** What a gateway is started with. */
export interface Start {
  readonly loaded: LoadedConfig;
  /** Reads the configuration again, with the same options. */
  readonly reload: () => Promise<Loaded>;
  /** The file to look at for changes, or null where nobody asked for that. */
  readonly watch: string | null;
}

/** The surroundings of the command: everything that a test would want to see or to set. */
export interface Shell {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly now: () => number;
  readonly environment: Environment;
  readonly random: (bytes: number) => Uint8Array;
  /** Who runs the command, for the audit. */
  readonly user: string;
  readonly version: string;
}

/** 0: done. 1: failed. 2: wrong usage, or a configuration with faults. */
export type ExitCode = 0 | 1 | 2;

const defaultFile = "config/longstop.yaml";

/** Runs one command line (without the names of node and script) and gives its exit code. */
export async function runProgram(args: readonly string[], actions: Actions, shell: Shell): Promise<ExitCode> {
  try {
    await buildProgram(actions, shell).parseAsync([...args], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof ConfigRefused) {
      shell.err(error.message);
      return 2;
    }
    shell.err(`longstop: ${redactText(sentenceFor(error))}\n`);
    return 1;
  }
}

/** The configuration has faults; the text shows them all. */
class ConfigRefused extends Error {}

/** What a user did wrong is a sentence. Anything else is a fault of Longstop, and shows where. */
function sentenceFor(error: unknown): string {
  if (error instanceof AnswerFileError || error instanceof ResolveError) return error.message;
  if (error instanceof LongstopError) {
    return error.cause instanceof Error ? `${error.message} (${plain(error.cause.message)})` : error.message;
  }
  if (error instanceof StartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The gateway could not listen; the text says what to do. */
class StartError extends Error {}

function buildProgram(actions: Actions, shell: Shell): Command {
  const program = new Command("longstop")
    .description("Stands between an agent and what it calls: strict tool calls, effects that happen once.")
    .version(shell.version)
    .exitOverride()
    .configureOutput({ writeOut: shell.out, writeErr: shell.err })
    .showHelpAfterError("(longstop --help shows what there is)");
  addGatewayCommands(program, actions, shell);
  addEffectCommands(program, actions, shell);
  return program;
}

interface ConfigFlags {
  readonly host?: string;
  readonly port?: string;
  readonly ledger?: string;
}

function addGatewayCommands(program: Command, actions: Actions, shell: Shell): void {
  const configHelp = `configuration file (default: ${defaultFile}, where there is one)`;
  program
    .command("start")
    .description("run the gateway")
    .argument("[config]", configHelp)
    .option("--host <host>", "address to listen on, in place of listen.host")
    .option("--port <port>", "port to listen on, in place of listen.port; 0 takes any free one")
    .option("--ledger <file>", "file of the ledger, in place of ledger.file")
    .option("--watch", "apply the configuration anew whenever its file changes (SIGHUP does it once)")
    .action(async (file: string | undefined, flags: ConfigFlags & { readonly watch?: boolean }) => {
      const { environment } = shell;
      const loaded = await load(actions, file, flags, environment);
      const watch = flags.watch === true ? (file ?? defaultFile) : null;
      const reload = (): Promise<Loaded> => loadConfig(requestOf(actions, file, flags, environment));
      await actions.start({ loaded, reload, watch }).catch((error: unknown) => {
        const sentence = explainListenError(error, loaded.config.listen);
        throw sentence === null ? error : new StartError(sentence, { cause: error });
      });
    });
  program
    .command("check")
    .description("find every fault of a configuration, without starting")
    .argument("[config]", configHelp)
    .option("--without-secrets", "do not look for the variables and files that secrets are in")
    .action(async (file: string | undefined, flags: { readonly withoutSecrets?: boolean }) => {
      const loaded = await load(
        actions,
        file,
        {},
        flags.withoutSecrets === true ? undefined : shell.environment,
      );
      const warnings = warningsOf(loaded.config, shell.now()).map((warning) => `warning: ${warning}\n`);
      shell.out(`${loaded.file ?? "The defaults"}: no fault found.\n${warnings.join("")}`);
    });
  program
    .command("explain")
    .description("say in words what a configuration does")
    .argument("[config]", configHelp)
    .action(async (file: string | undefined) => {
      const loaded = await load(actions, file, {});
      const duties = await dutiesOf(loaded.config.posts, actions.sockets.guards);
      const { proxies } = outgoingProxies(loaded.config, shell.environment);
      shell.out(explainConfig(loaded.config, duties, loaded.file, proxies));
    });
  program
    .command("key")
    .description("make a virtual key for tenancy: keys, and the hash that the configuration knows it by")
    .action(() => shell.out(virtualKeyText(makeVirtualKey(shell.random))));
  program
    .command("schema")
    .description("print the JSON Schema of the configuration")
    .option("--out <file>", "write it to a file instead")
    .action(async ({ out }: { readonly out?: string }) => {
      if (out === undefined) shell.out(schemaFile(actions.sockets));
      else await writeFile(out, schemaFile(actions.sockets));
    });
}

interface EffectsFlags {
  readonly inDoubt?: boolean;
  readonly run?: string;
  readonly limit: number;
  readonly json?: boolean;
  readonly config?: string;
  readonly ledger?: string;
}

interface ResolveFlags {
  readonly done?: string;
  readonly notDone?: boolean;
  readonly abandon?: boolean;
  readonly reason?: string;
  readonly config?: string;
  readonly ledger?: string;
}

function addEffectCommands(program: Command, actions: Actions, shell: Shell): void {
  withLedger(program.command("effects"))
    .description("list recorded calls of tools, the newest first")
    .option("--in-doubt", "only those that were sent and whose outcome is unknown")
    .option("--run <run>", "only those of one run")
    .option("--limit <count>", "how many to show at most", readLimit, 100)
    .option("--json", "one JSON object a line")
    .action(async (flags: EffectsFlags) => {
      const { run, limit, inDoubt = false, json = false } = flags;
      const found = await withOpenLedger(actions, flags, shell.environment, (ledger) =>
        findEffects(ledger, { inDoubtOnly: inDoubt, run, limit }, shell.now()),
      );
      if (json) shell.out(effectsJson(found.records, shell.now()));
      else if (found.records.length === 0)
        shell.out(inDoubt ? "No operation is in doubt.\n" : "No effects.\n");
      else shell.out(effectsTable(found.records, shell.now()));
      if (found.more) shell.err(`There are more than these ${limit}; --limit shows more.\n`);
    });
  withLedger(program.command("resolve"))
    .description("end the doubt about one operation")
    .argument("<operation>", "its id, as in longstop effects --in-doubt")
    .addOption(
      new Option(
        "--done <file>",
        "it was executed, and answered with this: a JSON file {status, headers, body}, " +
          "or any other file as the body of a 200",
      ).conflicts(["notDone", "abandon"]),
    )
    .addOption(
      new Option("--not-done", "it was not executed: the next equal call is sent").conflicts("abandon"),
    )
    .option("--abandon", "nobody will ever know: the next equal call is refused")
    .option("--reason <text>", "why, for the audit")
    .action(async (operation: string, flags: ResolveFlags, command: Command) => {
      const ending = readEnding(flags, command);
      const { user } = shell;
      const resolution = { operation, ending, reason: flags.reason, user, nowMs: shell.now() };
      const { environment } = shell;
      shell.out(
        await withOpenLedger(actions, flags, environment, (ledger) => resolveOperation(ledger, resolution)),
      );
    });
}

function withLedger(command: Command): Command {
  return command
    .option("--config <file>", `configuration file (default: ${defaultFile}, where there is one)`)
    .option("--ledger <file>", "file of the ledger, in place of ledger.file");
}

function readEnding({ done, notDone, abandon }: ResolveFlags, command: Command): Ending {
  if (done !== undefined) return { kind: "done", file: done };
  if (notDone === true) return { kind: "not-done" };
  if (abandon === true) return { kind: "abandon" };
  return command.error("error: say how it ended: --done <file>, --not-done or --abandon");
}

/** Most rows that a list of the ledger gives. */
const rowsMax = 9999;

function readLimit(written: string): number {
  const limit = /^\d{1,5}$/.test(written) ? Number(written) : 0;
  if (limit < 1 || limit > rowsMax) throw new InvalidArgumentError(`Expected a number from 1 to ${rowsMax}.`);
  return limit;
}

async function withOpenLedger<T>(
  actions: Actions,
  flags: { readonly config?: string; readonly ledger?: string },
  environment: Environment,
  use: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const { config } = await load(actions, flags.config, flags);
  const { keys, findings } = await readLedgerKeys(config, environment);
  // Lists need none, and who looks at them may not have the gateway's variables.
  const ledger = await actions.openLedger(config, findings.length === 0 ? keys : null);
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}

async function load(
  actions: Actions,
  file: string | undefined,
  flags: ConfigFlags,
  environment?: Environment,
): Promise<LoadedConfig> {
  const loaded = await loadConfig(requestOf(actions, file, flags, environment));
  if (loaded.kind === "faults") throw new ConfigRefused(writeFaults(loaded));
  return loaded;
}

function requestOf(
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
