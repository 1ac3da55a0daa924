import { type Command, Option } from "commander";
import { effectsJson, effectsTable, findEffects } from "./effects-list.ts";
import { readLimit, withLedger, withOpenLedger } from "./opening.ts";
import type { Actions, Shell } from "./program.ts";
import { type Ending, resolveOperation } from "./resolve.ts";

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

/** `longstop effects` and `longstop resolve`. */
export function addEffectCommands(program: Command, actions: Actions, shell: Shell): void {
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

function readEnding({ done, notDone, abandon }: ResolveFlags, command: Command): Ending {
  if (done !== undefined) return { kind: "done", file: done };
  if (notDone === true) return { kind: "not-done" };
  if (abandon === true) return { kind: "abandon" };
  return command.error("error: say how it ended: --done <file>, --not-done or --abandon");
}
