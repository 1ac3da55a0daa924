import { budget } from "./budget/budget.ts";
import { quarantine } from "./quarantine.ts";
import { toolSchema } from "./tool-schema.ts";
import type { Guard } from "./guard.ts";

/** Every guard there is. A new one is a file beside these and a line here. */
export const guards: readonly Guard[] = [toolSchema, quarantine, budget];
