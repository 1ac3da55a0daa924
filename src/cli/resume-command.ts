import type { Command } from "commander";
import { withLedger, withOpenLedger } from "./opening.ts";
import type { Actions, Shell } from "./program.ts";
import { resumedWords, resumeRun } from "./run-resume.ts";

interface Flags {
  readonly config?: string;
  readonly ledger?: string;
  readonly accept?: boolean;
  readonly fail?: boolean;
  readonly attempt?: string;
  readonly tenant?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

/** `longstop resume`. */
export function addResumeCommand(program: Command, actions: Actions, shell: Shell): void {
  withLedger(program.command("resume"))
    .description("decide how an attempt goes on that went another way than the one before")
    .argument("<run>", "its id, as in longstop runs")
    .option("--accept", "its effects are executed from now on")
    .option("--fail", "none of its effects is executed any more")
    .option("--attempt <name>", "which attempt (default: the one that went another way last)")
    .option("--tenant <name>", "whose run, where several tenants have one of this name")
    .option("--reason <text>", "why, for whoever looks at it later")
    .option("--json", "the outcome as one JSON object")
    .action(async (run: string, flags: Flags, command: Command) => {
      const { accept = false, fail = false, attempt, tenant, reason, json = false } = flags;
      if (accept === fail) command.error("error: say one of --accept, --fail");
      const decision = accept ? "accept" : "fail";
      const resuming = { run, tenant, attempt, decision, reason, user: shell.user } as const;
      const resumed = await withOpenLedger(actions, flags, shell.environment, (ledger) =>
        resumeRun(ledger, resuming),
      );
      shell.out(json ? `${JSON.stringify(resumed)}\n` : resumedWords(resumed));
    });
}
