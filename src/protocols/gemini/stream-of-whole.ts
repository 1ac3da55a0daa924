import { ifReadable } from "../if-readable.ts";
import { built, rootsIn } from "./answer.ts";
import { dataFrame } from "./stream-frame.ts";

/**
 * The stream that a whole answer would have been, as `TurnForms.streamOf`. Each event of a stream is a
 * response of the same form as a whole one, and a short answer comes in one: so does this.
 */
export function streamOf(answer: string): string | null {
  return ifReadable(() => {
    if (!built(answer).finished) return null;
    const frames = rootsIn(answer).map(({ start, end }) => dataFrame(answer.slice(start, end)));
    return Buffer.concat(frames).toString("utf8");
  });
}
