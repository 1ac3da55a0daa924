import { writeFile } from "node:fs/promises";
import { Command, CommanderError } from "commander";
import type { Config } from "../config/config.ts";
import { dutiesOf } from "../config/duties.ts";
import { explainConfig } from "../config/explain.ts";
import { outgoingProxies } from "../config/outgoing-proxy.ts";
import { type Loaded, loadConfig } from "../config/load.ts";
import { schemaFile, type Sockets } from "../config/schema.ts";
import type { Environment, Secrets } from "../config/secrets.ts";
import { serviceSchemaFile } from "../config/service-schema.ts";
import { warningsOf } from "../config/warnings.ts";
import { LongstopError } from "../exchange/error.ts";
import { hideVirtualKeys } from "../exchange/virtual-key.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { AnswerFileError } from "./answer-file.ts";
import { addEffectCommands } from "./effect-commands.ts";
import { explainListenError } from "./listen-error.ts";
import { addLedgerCommands } from "./ledger-commands.ts";
import { type ConfigFlags, ConfigRefused, defaultFile, load, requestOf } from "./opening.ts";
import { plain } from "./plain.ts";
import { redactText } from "./redact.ts";
import type { LoadedConfig } from "./reloading.ts";
import { ResolveError } from "./resolve.ts";
import { addResumeCommand } from "./resume-command.ts";
import { addRunCommands } from "./run-commands.ts";
import { addRunUnder, type Behind, splitCommand } from "./run-under.ts";
import { RunError } from "./known-run.ts";
import { makeVirtualKey, virtualKeyText } from "./virtual-key.ts";

/** What the program can do and does not know how: the wiring of `main.ts`. */
export interface Actions {
  readonly sockets: Sockets;
  /** Runs the gateway; resolves when it has stopped. */
  readonly start: (start: Start) => Promise<void>;
  /** Opens the ledger beside a gateway that may be running: role `operator`. */
  readonly openLedger: (config: Config, secrets: LedgerSecrets) => Promise<Ledger>;
}

/** What the ledger needs of the secrets; `ledgerKeys` null where they are not at hand. */
interface LedgerSecrets {
  readonly ledger: Secrets["ledger"];
  readonly ledgerKeys: Secrets["ledgerKeys"] | null;
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

/**
 * Runs one command line (without the names of node and script) and gives its exit code: 0: done. 1: failed.
 * 2: wrong usage, or a configuration with faults. `longstop run` gives that of the command that it ran.
 */
export async function runProgram(args: readonly string[], actions: Actions, shell: Shell): Promise<number> {
  const { own, words } = splitCommand(args);
  let code = 0;
  const behind = { words, ended: (itsCode: number) => void (code = itsCode) };
  try {
    await buildProgram(actions, shell, behind).parseAsync([...own], { from: "user" });
    return code;
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

/** What a user did wrong is a sentence. Anything else is a fault of Longstop, and shows where. */
function sentenceFor(error: unknown): string {
  if (error instanceof AnswerFileError || error instanceof ResolveError || error instanceof RunError)
    return error.message;
  if (error instanceof LongstopError) {
    return error.cause instanceof Error ? `${error.message} (${plain(error.cause.message)})` : error.message;
  }
  if (error instanceof StartError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The gateway could not listen; the text says what to do. */
class StartError extends Error {}

function buildProgram(actions: Actions, shell: Shell, behind: Behind): Command {
  const program = new Command("longstop")
    .description("Stands between an agent and what it calls: strict tool calls, effects that happen once.")
    .version(shell.version)
    .exitOverride()
    // An option behind `runs show` is that command's own, also where `runs` has one of the name.
    .enablePositionalOptions()
    // What is refused is quoted, a key in a URL among it.
    .configureOutput({ writeOut: shell.out, writeErr: (text) => shell.err(hideVirtualKeys(text)) })
    .showHelpAfterError("(longstop --help shows what there is)");
  addGatewayCommands(program, actions, shell);
  addRunUnder(program, actions, shell, behind);
  addEffectCommands(program, actions, shell);
  addRunCommands(program, actions, shell);
  addResumeCommand(program, actions, shell);
  addLedgerCommands(program, actions, shell);
  return program;
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
    .option("--services", "that of the table of services instead")
    .option("--out <file>", "write it to a file instead")
    .action(async ({ services, out }: { readonly services?: boolean; readonly out?: string }) => {
      const schema = services === true ? serviceSchemaFile() : schemaFile(actions.sockets);
      if (out === undefined) shell.out(schema);
      else await writeFile(out, schema);
    });
}
