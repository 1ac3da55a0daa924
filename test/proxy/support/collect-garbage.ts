import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Has all that nobody can reach collected, now. */
export const collectGarbage = runInNewContext("gc") as () => void;
