import type { Fault } from "../fault.ts";
import { answers } from "./answers.ts";
import { callers } from "./callers.ts";
import { databases } from "./databases.ts";
import { disks } from "./disks.ts";
import { kills } from "./kills.ts";

/** Every fault, in the order of the table. */
export const faults: readonly Fault[] = [...kills, ...answers, ...callers, ...disks, ...databases];
