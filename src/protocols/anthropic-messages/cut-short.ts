import type { Frame } from "../../wire/sse.ts";
import { cutFrames, textOfFrames } from "../cut-frames.ts";
import { ifReadable } from "../if-readable.ts";
import { withWholeCalls } from "../whole-calls.ts";
import { editAnswer, readAnswer } from "./answer.ts";
import { eventIn } from "./stream-event.ts";
import { indexOf, MessageStreamReader } from "./stream-reader.ts";
import { objectOf } from "../../wire/json-value.ts";
import { wholeOf } from "./whole-of-stream.ts";

/**
 * As `TurnForms.cutShort`. A text that was cut is a text; of any other block that was not closed nothing is
 * kept: a call would be a piece of one, and thinking without its signature is refused when it is sent back.
 */
export function cutShort(stream: string): string | null {
  return ifReadable(() => {
    const reader = new MessageStreamReader();
    const frames = cutFrames(stream, reader);
    if (frames === null) return null;
    const open = openBlocks(frames);
    const dropped = new Set([...open].flatMap(([index, type]) => (type === "text" ? [] : [index])));
    const kept = frames.filter((frame) => !dropped.has(blockOf(frame)));
    const events = [
      ...[...open.keys()]
        .filter((index) => !dropped.has(index))
        .map((index) => ({ type: "content_block_stop", index })),
      {
        type: "message_delta",
        delta: { stop_reason: "max_tokens", stop_sequence: null },
        usage: { output_tokens: reader.turn().usage?.outputTokens ?? 0 },
      },
      { type: "message_stop" },
    ];
    const end = events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("");
    const whole = wholeOf(textOfFrames(kept) + end);
    return whole === null ? null : withWholeCalls(whole, { readAnswer, editAnswer });
  });
}

/** Blocks that were begun and not closed: their types by their numbers. */
function openBlocks(frames: readonly Frame[]): ReadonlyMap<number, unknown> {
  const open = new Map<number, unknown>();
  for (const frame of frames) {
    const event = eventIn(frame);
    if (event?.type === "content_block_start")
      open.set(blockOf(frame), objectOf(event.payload["content_block"])?.["type"]);
    if (event?.type === "content_block_stop") open.delete(blockOf(frame));
  }
  return open;
}

/** The number of the block that a frame belongs to, or -1. */
function blockOf(frame: Frame): number {
  const event = eventIn(frame);
  return (event === null ? undefined : indexOf(event)) ?? -1;
}
