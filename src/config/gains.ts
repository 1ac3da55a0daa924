import type { Moment } from "../exchange/moments.ts";
import type { KeyedService } from "../exchange/keyed-service.ts";
import type { Config, ToolConfig } from "./config.ts";
import type { Duties } from "./duties.ts";
import { servicesOf } from "./service-hosts.ts";
import { writeMs } from "./units.ts";

const subjects: Readonly<Record<Moment, string>> = {
  offer: "offered tools are",
  call: "calls are",
  result: "tool results are",
  prompt: "prompts are",
  reply: "finished answers are",
};

/** What a client gets for what it tells, with this configuration: a line each, deeper lines indented. */
export function gainsOf(config: Config, duties: Duties): readonly string[] {
  return [
    "a base URL only",
    ...indented([...judgedLines(config, duties), ...effectLines(config)]),
    "+ a run id: the header Longstop-Run, or /run/<run>/ in the base URL",
    ...indented(runLines(config)),
    "+ an attempt: the header Longstop-Attempt, or /attempt/<name>/ after the run",
    ...indented(attemptLines(config)),
    ...decisionLines(config),
  ];
}

function judgedLines({ repair }: Config, duties: Duties): readonly string[] {
  const lines: string[] = [];
  for (const moment of ["offer", "call", "result", "prompt", "reply"] as const) {
    const enforced = namesOf(duties, moment, "enforce");
    const reported = namesOf(duties, moment, "report");
    if (enforced.length > 0) lines.push(`${subjects[moment]} judged by ${enforced.join(", then ")}`);
    if (reported.length > 0)
      lines.push(`${subjects[moment]} looked at and reported by ${reported.join(", then ")}`);
  }
  if (namesOf(duties, "call", "enforce").length > 0 && repair.attemptsMax > 0) {
    lines.push("a refused call is repaired by asking the model again, before the client sees any of it");
  }
  return lines.length === 0 ? ["no guard is on duty: bytes pass"] : lines;
}

function namesOf(duties: Duties, moment: Moment, mode: "enforce" | "report"): readonly string[] {
  return duties[moment].filter(({ post }) => post.mode === mode).map(({ post }) => post.guard);
}

function isEnforced({ effects, tools }: Config): boolean {
  return effects.mode === "enforce" && Object.keys(tools).length > 0;
}

const notEnforced = "nothing more here: effects of tools are not enforced";

function effectLines(config: Config): readonly string[] {
  if (!isEnforced(config)) return [];
  return [
    "a tool call is recorded before it is sent and carries an idempotency key",
    "a retry that shows as one (equal key, retry count, or the earlier client gone) gets the recorded answer",
    "a call whose outcome is unknown is not sent again: see longstop effects --in-doubt",
    ...(Object.values(config.tools).some((tool) => sendsAgain(tool, config.keyedServices))
      ? ["but for tools where that cannot have a second effect: there the next equal call is sent"]
      : []),
  ];
}

function sendsAgain(tool: ToolConfig, services: readonly KeyedService[]): boolean {
  return [tool, ...tool.rules, ...servicesOf(tool, services)].some(
    (said) => said.keyRetentionSeconds !== undefined || ("idempotent" in said && said.idempotent),
  );
}

function runLines(config: Config): readonly string[] {
  if (!isEnforced(config)) return [notEnforced];
  const window = writeMs(config.effects.retryWindowSeconds * 1000);
  return [
    "equal calls at the same time are one execution",
    `an irreversible call that comes again within ${window} of its answer gets that answer`,
    "the run's calls are listed together: longstop effects --run <run>",
  ];
}

function attemptLines(config: Config): readonly string[] {
  if (!isEnforced(config)) return [notEnforced];
  return ["a run that is started again gets the recorded answers of its calls, the k-th for the k-th"];
}

/** Nothing, where no tool says which of its calls carry out what a model decided. */
function decisionLines(config: Config): readonly string[] {
  const { tools, turns } = config;
  const bound = Object.entries(tools).filter(([, { decisions }]) => decisions !== undefined);
  if (bound.length === 0 || turns.mode !== "enforce" || !isEnforced(config)) return [];
  const names = bound.map(([name]) => name).join(", ");
  return [
    "+ both planes through Longstop under that run",
    `  mapped calls of ${names} are executed as often as the model decided on them, and no more`,
  ];
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
