import { cutFrames, textOfFrames } from "../cut-frames.ts";
import { ifReadable } from "../if-readable.ts";
import { withWholeCalls } from "../whole-calls.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { GeminiStreamReader } from "./stream-reader.ts";
import { wholeOf } from "./whole-of-stream.ts";

const last = JSON.stringify({ candidates: [{ index: 0, finishReason: "MAX_TOKENS" }] });

/** As `TurnForms.cutShort`. A call whose arguments were still announced makes it null. */
export function cutShort(stream: string): string | null {
  return ifReadable(() => {
    const frames = cutFrames(stream, new GeminiStreamReader());
    if (frames === null) return null;
    const whole = wholeOf(`${textOfFrames(frames)}data: ${last}\r\n\r\n`);
    return whole === null ? null : withWholeCalls(whole, { readAnswer, editAnswer });
  });
}
