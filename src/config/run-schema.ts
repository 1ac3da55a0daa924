import type { Schema } from "./schema.ts";

/** Attempts of runs, and how long they last. */
export const runSchema: Schema = {
  type: "object",
  description: "Runs that their clients name.",
  additionalProperties: false,
  properties: {
    replayHours: {
      type: "integer",
      default: 24,
      minimum: 1,
      maximum: 8760,
      description:
        "How long an answer of a model is given again in a later attempt, hours. Effects have no such bound.",
    },
    detectedAttempts: {
      type: "string",
      enum: ["off", "report", "enforce"],
      default: "report",
      description:
        "Whether a new attempt begins where a client that names none asks for its run's first turn again, " +
        "after the run went on. report: say so. Where turns are recorded.",
    },
    onDivergence: {
      type: "string",
      enum: ["continue", "pause", "fail"],
      default: "pause",
      description:
        "What becomes of the effects of an attempt that asks for other turns than the one before, once it " +
        "left out an effect that was executed then. continue: they are executed. pause: they are refused " +
        "until longstop resume says what to do. fail: they are refused.",
    },
  },
};
