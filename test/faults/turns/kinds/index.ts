import type { TurnFault } from "../fault.ts";
import { clients } from "./clients.ts";
import { cuts } from "./cuts.ts";
import { databases } from "./databases.ts";
import { kills } from "./kills.ts";

/** Every fault of turns, in the order of the table. */
export const turnFaults: readonly TurnFault[] = [...cuts, ...kills, ...clients, ...databases];
