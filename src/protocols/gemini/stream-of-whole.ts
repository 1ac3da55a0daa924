import { ifReadable } from "../if-readable.ts";
import { built, rootsIn } from "./answer.ts";
import { dataFrame } from "./stream-frame.ts";

/**
 * The stream that a whole answer would have been, as `TurnForms.streamOf`. Each event of a stream is a
 * response of the same form as a whole one, and a short answer comes in one: so does this. Always events:
 * that a client left `alt=sse` out, and waits for a list, stands in the query, of which a prompt knows
 * nothing.
 */
export function streamOf(answer: string): string | null {
  return ifReadable(() => {
    if (!built(answer).finished) return null;
    const frames = rootsIn(answer).map(({ start, end }) => dataFrame(answer.slice(start, end)));
    return Buffer.concat(frames).toString("utf8");
  });
}
