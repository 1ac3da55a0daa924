import { type Command, InvalidArgumentError, Option } from "commander";
import type { Config } from "../config/config.ts";
import { isCallerName, nameLengthMax } from "../exchange/caller-name.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { newAttemptName } from "./attempt-name.ts";
import { childEnvironment, type RunPlace } from "./child-environment.ts";
import { gatewayUrl, mustBeReady, readGatewayUrl } from "./gateway-place.ts";
import { RunError, singleTenant } from "./known-run.ts";
import { load, withLedger, withOpenLedger } from "./opening.ts";
import { plain } from "./plain.ts";
import type { Actions, Shell } from "./program.ts";
import { runChild } from "./run-child.ts";
import { closedSince, closeKnown } from "./run-close.ts";
import { timeText } from "./runs-list.ts";
import { type KeyFlags, readVirtualKey } from "./virtual-key.ts";

/** What stands behind `--`, and whom to tell how it ended. */
export interface Behind {
  /** The command and its arguments; none where there is no `--`. */
  readonly words: readonly string[];
  readonly ended: (code: number) => void;
}

/**
 * The command line of `longstop run` and the one behind `--`. Without `--` an option of the command would
 * be taken for one of Longstop's, in silence where both have it.
 */
export function splitCommand(args: readonly string[]): {
  readonly own: readonly string[];
  readonly words: readonly string[];
} {
  const at = args[0] === "run" ? args.indexOf("--") : -1;
  return at < 0 ? { own: args, words: [] } : { own: args.slice(0, at), words: args.slice(at + 1) };
}

interface Flags extends KeyFlags {
  readonly config?: string;
  readonly ledger?: string;
  readonly gateway?: string;
  readonly tenant?: string;
  readonly attempt?: string;
  readonly stage?: string;
  readonly check: boolean;
  readonly end?: boolean;
  readonly quiet?: boolean;
}

/** `longstop run <run> -- <command>`. */
export function addRunUnder(program: Command, actions: Actions, shell: Shell, behind: Behind): void {
  const command = withLedger(program.command("run"))
    .usage("<run> [options] -- <command> [args...]")
    .description("run a program whose clients find the gateway by themselves, as an attempt of a run")
    .argument("<run>", "id of the run", readNameInUrl)
    .option("--attempt <name>", "name of the attempt (default: a new one)", readNameInUrl)
    .option("--stage <name>", "name of the stage", readNameInUrl)
    .option("--gateway <url>", "where the gateway is (default: as the configuration has it)", readGatewayUrl)
    .option("--no-check", "do not ask the gateway whether it is ready")
    .option("--key-env <name>", "the variable that holds the virtual key, with tenancy: keys")
    .addOption(new Option("--key-file <file>", "the file that holds it").conflicts("keyEnv"))
    .option("--tenant <name>", "whose run, with tenancy: keys; --end needs it")
    .option("--end", "close the run once the command has ended with 0")
    .option("--quiet", "say neither which attempt it is nor what of the environment was replaced");
  command.action(async (run: string, flags: Flags) => {
    const [name, ...args] = behind.words;
    if (name === undefined) return command.error("error: say what to run: longstop run <run> -- <command>");
    const { gateway, config } = await gatewayOf(flags, actions);
    const whose = { run, tenant: tenantOf(flags, config) };
    const missing = flags.end === true && whose.tenant === null ? endNeeds(config) : null;
    if (missing !== null) command.error(`error: ${missing}`);
    const place = { gateway, run, ...(await partsOf(flags, config, shell)) };
    if (flags.check) await mustBeReady(gateway);
    const withLedgerOpen: WithLedger = (use) => withOpenLedger(actions, flags, shell.environment, use);
    await mustBeOpen(whose, flags, withLedgerOpen);
    const { variables, warnings } = childEnvironment(shell.environment, place);
    if (flags.quiet !== true) shell.err(openingLines(place, warnings));
    const { code, trouble } = await runChild({ name, args, environment: variables });
    if (trouble !== null) shell.err(`longstop: ${trouble}\n`);
    if (code === 0) await end(whose, flags, withLedgerOpen, shell.user);
    behind.ended(code);
  });
}

/** A run, and its tenant; null where that cannot be known here. */
interface Whose {
  readonly run: string;
  readonly tenant: string | null;
}

type WithLedger = <T>(use: (ledger: Ledger) => Promise<T>) => Promise<T>;

function tenantOf(flags: Flags, config: Config | null): string | null {
  if (config === null) return null;
  return flags.tenant ?? (config.tenancy === "single" ? singleTenant : null);
}

function endNeeds(config: Config | null): string {
  return config === null
    ? "--end writes to the gateway's ledger: say which with --config or --ledger"
    : "with tenancy: keys, --end needs --tenant <name>";
}

/** Throws a `RunError` where the ledger says that the run is closed. */
async function mustBeOpen({ run, tenant }: Whose, flags: Flags, withLedgerOpen: WithLedger): Promise<void> {
  if (tenant === null) return;
  const closedAtMs = await withLedgerOpen((ledger) => closedSince(ledger, tenant, run)).catch(
    (error: unknown) => {
      // Who runs an agent may have no right to the ledger. The gateway has, and refuses what is closed.
      if (flags.end !== true) return null;
      throw error;
    },
  );
  if (closedAtMs === null) return;
  throw new RunError(
    `The run ${plain(run)} is closed since ${timeText(closedAtMs)} and takes no new request. ` +
      "The command was not started; begin another run under another id.",
  );
}

async function end(
  { run, tenant }: Whose,
  flags: Flags,
  withLedgerOpen: WithLedger,
  user: string,
): Promise<void> {
  if (flags.end !== true || tenant === null) return;
  const closing = { run, tenant, reason: "its command ended with 0", user };
  await withLedgerOpen((ledger) => closeKnown(ledger, closing));
}

/**
 * Where the gateway is, and its configuration: null where nothing but its URL was given, because what lies
 * on this machine may be that of another one.
 */
async function gatewayOf(
  { config: file, ledger, gateway }: Flags,
  actions: Actions,
): Promise<{ readonly gateway: string; readonly config: Config | null }> {
  if (gateway !== undefined && file === undefined && ledger === undefined) return { gateway, config: null };
  const { config } = await load(actions, file, ledger === undefined ? {} : { ledger });
  return { gateway: gateway ?? gatewayUrl(config.listen), config };
}

/** What stands in base URLs besides the run. */
async function partsOf(
  flags: Flags,
  config: Config | null,
  shell: Shell,
): Promise<Pick<RunPlace, "key" | "attempt" | "stage">> {
  const { attempt = newAttemptName(shell.now(), shell.random), stage = null } = flags;
  const key = await readVirtualKey(flags, shell.environment);
  if (key !== null && config?.tenancy === "single") {
    throw new RunError("Virtual keys need `tenancy: keys`, which the configuration does not have.");
  }
  return { key, attempt, stage };
}

function openingLines({ gateway, run, attempt, stage }: RunPlace, warnings: readonly string[]): string {
  const step = stage === null ? "" : `, stage ${plain(stage)}`;
  return [
    ...warnings.map((warning) => `longstop: warning: ${warning}\n`),
    `longstop: run ${plain(run)}, attempt ${plain(attempt)}${step}, gateway ${gateway}\n`,
  ].join("");
}

/** A name that can stand in a base URL. `.` and `..` cannot: clients resolve them (RFC 3986, 5.2.4). */
function readNameInUrl(written: string): string {
  if (!isCallerName(written) || !written.isWellFormed())
    throw new InvalidArgumentError(`Expected 1 to ${nameLengthMax} characters without control characters.`);
  if (written === "." || written === "..")
    throw new InvalidArgumentError("Expected another name: clients resolve . and .. in a URL.");
  return written;
}
