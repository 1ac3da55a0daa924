import { parseArgs } from "node:util";
import { chosen, positive, streamScenarios, whole, type Options } from "../options.ts";

export const streamPhases = ["slow", "first", "short", "replicas"] as const;
export type StreamPhase = (typeof streamPhases)[number];

export interface StreamOptions extends Pick<
  Options,
  | "concurrent"
  | "repeats"
  | "seconds"
  | "warmSeconds"
  | "holdSeconds"
  | "quietWaitSeconds"
  | "priority"
  | "bars"
  | "isFull"
  | "json"
> {
  readonly phases: readonly StreamPhase[];
  /** Streams that are asked for again at another gateway. */
  readonly followed: number;
}

export const streamUsage = `npm run bench:stream -- [options]

  --phases LIST         of ${streamPhases.join(", ")} (default: all)
  --slow LIST           STREAMSxINTERVAL_MS of the phase slow (default: 1000x100,5000x500)
  --followed N          streams of the phase replicas (default: 50)
  --repeats N           turns of each gateway (default: 2)
  --hold-seconds N      length of each slow stream, at least (default: 60)
  --seconds N           length of one turn in the phase short, and half of one in first (default: 3)
  --warm-seconds N      full load before a gateway is measured, while its code is compiled (default: 3)
  --quiet-wait N        seconds that a turn waits at most until others leave the cores alone (default: 2)
  --priority            run before the programs of other sessions (Linux autogroup; needs root, and setsid -w)
  --no-bars             measure only
  --json FILE           write every cell

The ledgers are in the folder for temporary files: TMPDIR says on which disk.
`;

/** Reads the command line; throws a sentence that says what is wrong. */
export function readStreamOptions(args: readonly string[]): StreamOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      phases: { type: "string", default: streamPhases.join(",") },
      slow: { type: "string", default: "1000x100,5000x500" },
      followed: { type: "string", default: "50" },
      repeats: { type: "string", default: "2" },
      "hold-seconds": { type: "string", default: "60" },
      seconds: { type: "string", default: "3" },
      "warm-seconds": { type: "string", default: "3" },
      "quiet-wait": { type: "string", default: "2" },
      priority: { type: "boolean", default: false },
      bars: { type: "boolean", default: true },
      json: { type: "string" },
    },
    allowNegative: true,
  });
  const partial = ["phases", "slow", "followed"] as const;
  return {
    phases: chosen("--phases", values.phases, streamPhases),
    concurrent: streamScenarios("--slow", values.slow),
    followed: whole("--followed", values.followed),
    repeats: whole("--repeats", values.repeats),
    holdSeconds: positive("--hold-seconds", values["hold-seconds"]),
    seconds: positive("--seconds", values.seconds),
    warmSeconds: positive("--warm-seconds", values["warm-seconds"]),
    quietWaitSeconds: positive("--quiet-wait", values["quiet-wait"], 0),
    priority: values.priority,
    bars: values.bars,
    isFull: partial.every((name) => !args.some((arg) => arg.startsWith(`--${name}`))),
    json: values.json ?? null,
  };
}
