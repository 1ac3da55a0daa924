import { stringOf } from "../../wire/json-value.ts";
import { cutFrames, textOfFrames } from "../cut-frames.ts";
import { ifReadable } from "../if-readable.ts";
import { withWholeCalls } from "../whole-calls.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { readChunk } from "./chunk.ts";
import { ChatStreamReader } from "./stream-reader.ts";
import { wholeOf } from "./whole-of-stream.ts";

/** As `TurnForms.cutShort`. No event says that a call is whole, so its arguments tell. */
export function cutShort(stream: string): string | null {
  return ifReadable(() => {
    const frames = cutFrames(stream, new ChatStreamReader());
    if (frames === null) return null;
    const chunks = frames.map(readChunk).flatMap((chunk) => (chunk.kind === "chunk" ? [chunk.body] : []));
    const said = chunks.find(({ id }) => (stringOf(id) ?? "") !== "") ?? chunks[0];
    if (said === undefined) return null;
    const { id, created, model } = said;
    const choices = [{ index: 0, delta: {}, finish_reason: "length" }];
    const last = JSON.stringify({ id, object: "chat.completion.chunk", created, model, choices });
    const whole = wholeOf(`${textOfFrames(frames)}data: ${last}\n\ndata: [DONE]\n\n`);
    return whole === null ? null : withWholeCalls(whole, { readAnswer, editAnswer });
  });
}
