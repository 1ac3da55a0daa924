/** What goes wrong around the first charge of an order. Afterwards all is well. */
export interface Situation {
  readonly name: string;
  /** How the tool serves its first call: see `examples/tool-server/behaviour.ts`. */
  readonly behaviour: string;
  readonly timeoutMs: number;
  /** When the agent's connection is reset. */
  readonly reset: "while the tool works" | "as the answer comes" | null;
  /** When the agent's process is killed. */
  readonly crash: "while it waits" | "with the answer in hand" | null;
  /** Two of the agent at once, as a queue that delivers at least once has it. */
  readonly twice: boolean;
  /** The tool's code calls its service itself, past Longstop. */
  readonly past: boolean;
  /** How long after its beginning a charge may still be on its way. */
  readonly settledAfterMs: number;
}

/** Longer than anything takes here, also on a machine that is busy. */
const patientMs = 60_000;
const calm = {
  behaviour: "ok",
  timeoutMs: patientMs,
  reset: null,
  crash: null,
  twice: false,
  past: false,
  settledAfterMs: 0,
} as const;

export const situations: readonly Situation[] = [
  { ...calm, name: "answer lost after the charge", behaviour: "effect-then-drop" },
  { ...calm, name: "500 after the charge", behaviour: "effect-then-500" },
  {
    ...calm,
    name: "answer later than the client waits",
    behaviour: "slow-effect,delayMs=6500",
    // The third wait outlasts the tool, and so many attempts of Stripe's SDK do not.
    timeoutMs: 3000,
    settledAfterMs: 7500,
  },
  {
    ...calm,
    name: "reset while the tool works",
    behaviour: "slow,delayMs=1000",
    reset: "while the tool works",
  },
  { ...calm, name: "reset as the answer comes", reset: "as the answer comes" },
  {
    ...calm,
    name: "crash while it waits, run again",
    behaviour: "slow,delayMs=6000",
    crash: "while it waits",
  },
  { ...calm, name: "crash with the answer, run again", crash: "with the answer in hand" },
  { ...calm, name: "the job delivered twice at once", behaviour: "slow,delayMs=1000", twice: true },
  {
    ...calm,
    name: "crash, charged past Longstop, run again",
    crash: "with the answer in hand",
    past: true,
  },
];
