import type { Measured } from "./measure.ts";

/** The budget that the gateway of the demo is given, tokens. */
export const budgetTokens = 6_000;

/** One of the five things: what is said about it, and whether it is as promised. */
interface Thing {
  readonly title: string;
  cell(measured: Measured): string;
  /** Null where everything is as promised, else what is wrong. */
  fault(measured: Measured): string | null;
}

export const things: readonly Thing[] = [
  {
    title: "wrong tool calls that reached the agent",
    cell: ({ wrongCalls }) => String(wrongCalls),
    fault: ({ wrongCalls, refused }) =>
      wrongCalls === 0 && refused === 0 ? null : `${wrongCalls} wrong calls, ${refused} refused prompts`,
  },
  {
    title: "side effects with an idempotency key",
    cell: ({ effects, keyedEffects }) => `${keyedEffects} of ${effects}`,
    fault: ({ effects, keyedEffects, distinctKeys }) =>
      effects > 0 && keyedEffects === effects && distinctKeys === effects
        ? null
        : `${keyedEffects} keys, ${distinctKeys} of them different, for ${effects} effects`,
  },
  {
    title: "tool results that the model read unmarked",
    cell: ({ bareResults, results }) => `${bareResults} of ${results}`,
    fault: ({ bareResults, results, formsMax }) =>
      results > 0 && bareResults === 0 && formsMax === 1
        ? null
        : `${bareResults} bare of ${results}, up to ${formsMax} forms of one result`,
  },
  {
    title: `largest prompt in tokens (budget ${budgetTokens})`,
    cell: ({ promptTokensMax, cuts }) => `${promptTokensMax} (${cuts} cuts)`,
    fault: ({ promptTokensMax, cuts, requests }) =>
      promptTokensMax <= budgetTokens && cuts > 0 && cuts <= requests / 6
        ? null
        : `${promptTokensMax} tokens, ${cuts} cuts in ${requests} requests`,
  },
  {
    title: "charges for 2 orders whose answer was lost or late",
    cell: ({ charges }) => String(charges),
    fault: ({ charges, orders, lost, slow }) => {
      if (charges !== orders) return `${charges} charges for ${orders} orders`;
      if (lost?.status !== 400 || !lost.body.includes("outcome_unknown"))
        return `the lost one: ${JSON.stringify(lost)}`;
      return slow?.status === 201 ? null : `the late one: ${JSON.stringify(slow)}`;
    },
  },
];

export interface Row {
  readonly agent: string;
  readonly without: Measured;
  readonly with: Measured;
}

/** Everything that Longstop promised and did not keep, as sentences. */
export function brokenPromises(rows: readonly Row[]): string[] {
  return rows.flatMap((row) =>
    things.flatMap((thing) => {
      const fault = thing.fault(row.with);
      return fault === null ? [] : [`${row.agent}, ${thing.title}: ${fault}.`];
    }),
  );
}

/** One table: a pair of lines for each of the five things, a column for each agent. */
export function renderTable(rows: readonly Row[]): string {
  const lines = things.flatMap((thing) => [
    [thing.title, "without", ...rows.map((row) => thing.cell(row.without))],
    ["", "with", ...rows.map((row) => thing.cell(row.with))],
  ]);
  const table = [["", "Longstop", ...rows.map((row) => row.agent)], ...lines];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  const rendered = table.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [
    rendered[0],
    ...rendered.slice(1).flatMap((line, index) => (index % 2 === 0 ? [rule, line] : [line])),
  ].join("\n");
}
