import { budget } from "./budget/budget.ts";
import { quarantine } from "./quarantine.ts";
import { repeatBreaker } from "./repeat-breaker/repeat-breaker.ts";
import { runLimits } from "./run-limits/run-limits.ts";
import { toolList } from "./tool-list.ts";
import { toolSchema } from "./tool-schema.ts";
import type { Guard } from "./guard.ts";

/** Every guard there is. A new one is a file beside these and a line here. */
export const guards: readonly Guard[] = [runLimits, toolList, toolSchema, quarantine, budget, repeatBreaker];
