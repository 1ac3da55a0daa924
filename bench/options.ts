import { parseArgs } from "node:util";

export const phaseNames = ["throughput", "streams", "first-event", "concurrent", "latency"] as const;
export type PhaseName = (typeof phaseNames)[number];

export const sizeNames = ["1k", "100k", "1m"] as const;
export type SizeName = (typeof sizeNames)[number];

/** Many slow streams at a time. */
export interface StreamScenario {
  readonly streams: number;
  readonly intervalMs: number;
}

export interface Options {
  readonly phases: readonly PhaseName[];
  readonly sizes: readonly SizeName[];
  readonly concurrent: readonly StreamScenario[];
  /** Names of subjects. */
  readonly only: readonly string[];
  readonly repeats: number;
  /** How long one turn takes. */
  readonly seconds: number;
  /** How long each subject is under full load before it is measured: Node compiles code while it runs. */
  readonly warmSeconds: number;
  /** How long each stream of the phase `concurrent` goes on at least. */
  readonly holdSeconds: number;
  /** How long a cell waits at most for others to leave the machine, seconds. */
  readonly quietWaitSeconds: number;
  /** Run before what other sessions run, as far as the kernel lets us. */
  readonly priority: boolean;
  /** A bar that is not reached fails the run. */
  readonly bars: boolean;
  /** Nothing was left out, so a bar that was not measured is not reached. */
  readonly isFull: boolean;
  readonly json: string | null;
}

export const usage = `npm run bench -- [options]

  --phases LIST         of ${phaseNames.join(", ")} (default: all)
  --sizes LIST          bodies of throughput and latency, of ${sizeNames.join(", ")} (default: all)
  --concurrent LIST     STREAMSxINTERVAL_MS (default: 1000x100,5000x500)
  --only LIST           subjects, by name (default: all)
  --repeats N           turns of each subject (default: 3)
  --seconds N           length of one turn (default: 3)
  --warm-seconds N      full load before a subject is measured, while its code is compiled (default: 12)
  --hold-seconds N      length of each stream in the phase concurrent, at least (default: 10)
  --quiet-wait N        seconds that a turn waits at most until others leave the cores alone (default: 2)
  --priority            run before the programs of other sessions (Linux autogroup; needs root, and setsid -w)
  --no-bars             measure only
  --json FILE           write every cell
`;

/** Reads the command line; throws a sentence that says what is wrong. */
export function readOptions(args: readonly string[], subjectNames: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      phases: { type: "string", default: phaseNames.join(",") },
      sizes: { type: "string", default: sizeNames.join(",") },
      concurrent: { type: "string", default: "1000x100,5000x500" },
      only: { type: "string", default: subjectNames.join(",") },
      repeats: { type: "string", default: "3" },
      seconds: { type: "string", default: "3" },
      "warm-seconds": { type: "string", default: "12" },
      "hold-seconds": { type: "string", default: "10" },
      "quiet-wait": { type: "string", default: "2" },
      priority: { type: "boolean", default: false },
      bars: { type: "boolean", default: true },
      json: { type: "string" },
    },
    allowNegative: true,
  });
  const partial = ["phases", "sizes", "concurrent", "only"] as const;
  return {
    phases: chosen("--phases", values.phases, phaseNames),
    sizes: chosen("--sizes", values.sizes, sizeNames),
    concurrent: streamScenarios("--concurrent", values.concurrent),
    only: chosen("--only", values.only, subjectNames),
    repeats: whole("--repeats", values.repeats),
    seconds: positive("--seconds", values.seconds),
    warmSeconds: positive("--warm-seconds", values["warm-seconds"]),
    holdSeconds: positive("--hold-seconds", values["hold-seconds"]),
    quietWaitSeconds: positive("--quiet-wait", values["quiet-wait"], 0),
    priority: values.priority,
    bars: values.bars,
    isFull: partial.every((name) => !args.some((arg) => arg.startsWith(`--${name}`))),
    json: values.json ?? null,
  };
}

export function chosen<T extends string>(option: string, text: string, known: readonly T[]): readonly T[] {
  const wanted = text.split(",").map((name) => name.trim());
  for (const name of wanted) {
    if (!known.some((one) => one === name))
      throw new RangeError(`${option} knows no "${name}"; there are ${known.join(", ")}`);
  }
  return known.filter((name) => wanted.includes(name));
}

export function positive(option: string, text: string, least = Number.MIN_VALUE): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number < least)
    throw new RangeError(`${option} is a number ${least === 0 ? "from 0" : "over 0"}, not "${text}"`);
  return number;
}

export function whole(option: string, text: string): number {
  const number = positive(option, text);
  if (!Number.isInteger(number)) throw new RangeError(`${option} takes whole numbers, not "${text}"`);
  return number;
}

export function streamScenarios(option: string, list: string): readonly StreamScenario[] {
  return list.split(",").map((text) => {
    const [, streams, intervalMs] = /^(\d+)x(\d+)$/.exec(text.trim()) ?? [];
    const parsed = { streams: Number(streams), intervalMs: Number(intervalMs) };
    // The mock's clock ticks every 5 ms.
    if (!(parsed.streams > 0) || !(parsed.intervalMs >= 5))
      throw new RangeError(`${option} is STREAMSxINTERVAL_MS from 1x5, such as 1000x100, not "${text}"`);
    return parsed;
  });
}

export function scenarioName({ streams, intervalMs }: StreamScenario): string {
  return `${streams.toLocaleString("en-US")} × ${intervalMs} ms`;
}
