import type { Command } from "commander";
import { lossSentence } from "../exchange/loss.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { withLedger, withOpenLedger } from "./opening.ts";
import { plain } from "./plain.ts";
import type { Actions, Shell } from "./program.ts";

interface ConfirmFlags {
  readonly config?: string;
  readonly ledger?: string;
  readonly reason?: string;
}

/** Longest reason that is recorded, in characters. */
const reasonCharsMax = 500;

export function addLedgerCommands(program: Command, actions: Actions, shell: Shell): void {
  const { environment, user } = shell;
  const commands = program.command("ledger").description("look after the ledger itself");
  withLedger(commands.command("confirm"))
    .description("take note that the ledger was put back to an earlier state, and let it be relied on again")
    .option("--reason <text>", "why, for the audit")
    .action(async ({ reason, ...flags }: ConfirmFlags) => {
      const confirm = (ledger: Ledger): Promise<string> => confirmLoss(ledger, user, reason);
      shell.out(await withOpenLedger(actions, flags, environment, confirm));
    });
}

/** Ends a loss, and says what it was. */
export async function confirmLoss(ledger: Ledger, user: string, reason: string | undefined): Promise<string> {
  if (ledger.confirm === undefined) {
    return "There is nothing to confirm: this kind of ledger cannot tell that it was put back.\n";
  }
  const said = reason === undefined ? "" : plain(reason).trim().slice(0, reasonCharsMax);
  const loss = await ledger.confirm({ user, reason: said === "" ? null : said });
  if (loss === null) {
    return (
      "There is nothing to confirm: the ledger is relied on. A gateway looks for an earlier state of it " +
      "when it starts.\n"
    );
  }
  return (
    `${lossSentence("The ledger", loss)}\n` +
    `Confirmed by ${plain(user)}. From now on what it does not know counts as never executed: a call of ` +
    "that time that comes again is sent to its tool again.\n"
  );
}
