import type { Run } from "./runs.ts";

/** Names of tools that are told, and characters of each: a model chose them. */
const toolsMax = 5;
const nameCharsMax = 80;

/** What the model is told, once, as a message behind the results. */
export function noteToModel(run: Run): string {
  return run.kind === "failed"
    ? `[Longstop] ${observed(run)} Do not go on like this: read what the results say, use other ` +
        "arguments or another tool, or say what keeps you from going on."
    : `[Longstop] ${observed(run)} Once more will bring the same again. Do something else, or say what ` +
        "keeps you from going on.";
}

/** What the caller is told whose request is not sent. */
export function refusalToCaller(run: Run): string {
  const option = run.kind === "failed" ? "invalidCallsMax" : "repeatsMax";
  const remedy =
    run.kind === "failed" ? "" : ", and a tool that is meant to be called so belongs into pollingTools";
  return (
    `The agent is going round in circles: ${lowerFirst(observed(run))} Nothing was sent ` +
    `(repeat-breaker, ${option}). A message of a user lets it go on${remedy}.`
  );
}

/** The same for an operator. */
export function observed({ kind, count, period, tools }: Run): string {
  if (kind === "failed") return `The last ${count} calls failed, one after another (${named(tools)}).`;
  if (period === 1 && tools.length === 1) {
    return `The last ${count} calls of ${named(tools)} had the same arguments and the same result.`;
  }
  const pattern = period === 1 ? "turns made the same calls" : `turns repeat a pattern of ${period}`;
  return `The last ${count * period} ${pattern} (${named(tools)}), with the same arguments and results.`;
}

function named(tools: readonly string[]): string {
  const names = tools.slice(0, toolsMax).map((name) => JSON.stringify(shortened(name)));
  return [...names, ...(tools.length > toolsMax ? ["…"] : [])].join(", ");
}

function shortened(name: string): string {
  return name.length > nameCharsMax ? `${name.slice(0, nameCharsMax - 1)}…` : name;
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}
