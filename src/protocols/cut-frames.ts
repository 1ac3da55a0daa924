import { LongstopError } from "../exchange/error.ts";
import { type Frame, FrameSplitter, SseError } from "../wire/sse.ts";
import type { StreamReader } from "./protocol.ts";

/**
 * The whole frames of a stream that was cut, read by `reader`: up to its end, to an error in it, or to what
 * cannot be read. Comments are left out. Null where the stream came to its protocol's end.
 */
export function cutFrames(stream: string, reader: StreamReader): readonly Frame[] | null {
  const splitter = new FrameSplitter({ frameBytesMax: Number.POSITIVE_INFINITY });
  const frames: Frame[] = [];
  try {
    for (const frame of splitter.push(Buffer.from(stream))) {
      const role = reader.read(frame);
      if (role === "error") return frames;
      if (role !== "comment") frames.push(frame);
    }
  } catch (thrown) {
    const isUnreadable = thrown instanceof LongstopError && thrown.code === "upstream_unreadable";
    if (!isUnreadable && !(thrown instanceof SseError)) throw thrown;
    return frames;
  }
  return reader.turn().complete ? null : frames;
}

/** The text of frames. */
export function textOfFrames(frames: readonly Frame[]): string {
  return Buffer.concat(frames.map(({ bytes }) => bytes)).toString("utf8");
}
