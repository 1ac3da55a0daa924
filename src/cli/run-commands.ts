import { type Command, InvalidArgumentError } from "commander";
import type { Config } from "../config/config.ts";
import type { RunRow } from "../ledger/ledger.ts";
import { knownRun, RunError, singleTenant } from "./known-run.ts";
import { readLimit, withLedger, withOpenLedger } from "./opening.ts";
import { findPasses, passesJson, passesTable } from "./passes-list.ts";
import { plain } from "./plain.ts";
import type { Actions, Shell } from "./program.ts";
import { closedWords, closeRun } from "./run-close.ts";
import { timelineJson, timelineOf, timelineTable } from "./run-timeline.ts";
import { runsJson, runsTable, timeText, verdictWords } from "./runs-list.ts";

interface Flags {
  readonly config?: string;
  readonly ledger?: string;
  readonly tenant?: string;
  readonly json?: boolean;
}

/** `longstop runs` and what is below it. */
export function addRunCommands(program: Command, actions: Actions, shell: Shell): void {
  const runs = withLedger(program.command("runs"))
    .description("list explicit runs, the one with the newest activity first")
    .option("--tenant <name>", "only those of one tenant")
    .option("--limit <count>", "how many to show at most", readLimit, 100)
    .option("--json", "one JSON object a line")
    .action(async (flags: Flags & { readonly limit: number }) => {
      const { tenant, limit, json = false } = flags;
      const filter = { ...(tenant === undefined ? {} : { tenant }), limit: limit + 1 };
      const rows = await withOpenLedger(actions, flags, shell.environment, (ledger) =>
        ledger.listRuns(filter),
      );
      const shown = rows.slice(0, limit);
      if (json) shell.out(runsJson(shown));
      else shell.out(shown.length === 0 ? "No runs.\n" : runsTable(shown));
      if (rows.length > limit) shell.err(`There are more than these ${limit}; --limit shows more.\n`);
    });
  addShow(runs, actions, shell);
  addClose(runs, actions, shell);
  withLedger(runs.command("passes"))
    .description("say how often each guard on duty let pass")
    .option("--json", "one JSON object a line")
    .action(async (flags: Flags) => {
      const passes = await withOpenLedger(actions, flags, shell.environment, findPasses);
      shell.out(flags.json === true ? passesJson(passes) : passesTable(passes));
    });
}

interface ShowFlags extends Flags {
  readonly anonymous?: boolean;
  readonly limit: number;
  readonly skip: number;
}

function addShow(runs: Command, actions: Actions, shell: Shell): void {
  withLedger(runs.command("show"))
    .description("show what happened in a run: exchanges, effects, verdicts, in the order of time")
    .argument("[run]", "its id, as in longstop runs")
    .option("--anonymous", "in the place of a run: verdicts on exchanges that belong to none")
    .option("--tenant <name>", "whose run, where several tenants have one of this name")
    .option("--limit <count>", "how many entries to show at most: the latest", readLimit, 200)
    .option("--skip <count>", "how many of the latest entries to leave out", readSkip, 0)
    .option("--json", "one JSON object a line")
    .action(async (run: string | undefined, flags: ShowFlags, command: Command) => {
      const { anonymous = false, tenant, limit, skip, json = false } = flags;
      if ((run !== undefined) === anonymous) command.error("error: name a run, or say --anonymous");
      await withOpenLedger(actions, flags, shell.environment, async (ledger, config) => {
        const row = run === undefined ? null : await knownRun(ledger, run, tenant);
        const whose = row?.tenant ?? tenant ?? tenantOf(config);
        const query = { tenant: whose, run: row?.run ?? null, limit, skip };
        const { entries, earlier } = await timelineOf(ledger, query, shell.now());
        if (json) shell.out(timelineJson(entries));
        else {
          if (row !== null) shell.out(headLine(row));
          shell.out(entries.length === 0 ? "Nothing is known of it.\n" : timelineTable(entries));
        }
        if (earlier > 0) {
          shell.err(
            `There are ${earlier} earlier ones; --skip ${skip + entries.length} shows those before.\n`,
          );
        }
      });
    });
}

function addClose(runs: Command, actions: Actions, shell: Shell): void {
  withLedger(runs.command("close"))
    .description("end a run: it takes no new request under its id")
    .argument("<run>", "its id, as in longstop runs")
    .option("--tenant <name>", "whose run, where several tenants have one of this name")
    .option("--reason <text>", "why, for whoever looks at it later")
    .option("--json", "the outcome as one JSON object")
    .action(async (run: string, flags: Flags & { readonly reason?: string }) => {
      const { tenant, reason, json = false } = flags;
      const closing = { run, tenant, reason, user: shell.user };
      const closed = await withOpenLedger(actions, flags, shell.environment, (ledger) =>
        closeRun(ledger, closing),
      );
      const { closedAtMs, now, ...rest } = closed;
      const closedAt = new Date(closedAtMs).toISOString();
      shell.out(json ? `${JSON.stringify({ ...rest, closedAt, now })}\n` : closedWords(closed));
    });
}

function headLine(row: RunRow): string {
  const verdicts = verdictWords(row);
  const doubts = row.inDoubt === 0 ? "" : `, ${row.inDoubt} in doubt`;
  const closed = row.closedAtMs === null ? "" : `, closed ${timeText(row.closedAtMs)}`;
  return (
    `Run ${plain(row.run)} (tenant ${plain(row.tenant)}): ${row.claims} claims${doubts}, ` +
    `verdicts: ${verdicts === "-" ? "none" : verdicts}${closed}\n`
  );
}

function tenantOf({ tenancy }: Config): string {
  if (tenancy === "single") return singleTenant;
  throw new RunError("Anonymous exchanges belong to a tenant: say whose with --tenant <name>.");
}

function readSkip(written: string): number {
  if (!/^\d{1,6}$/.test(written)) throw new InvalidArgumentError("Expected a number from 0 to 999999.");
  return Number(written);
}
