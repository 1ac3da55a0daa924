import type { Turn } from "../../exchange/turn.ts";
import type { Frame } from "../../wire/sse.ts";
import type { FrameRole, StreamReader } from "../protocol.ts";
import type { Chunk } from "./chunk.ts";
import { meansBrokenCall } from "./finish.ts";
import { pieceIn } from "./stream-frame.ts";
import { TurnBuilder } from "./turn-building.ts";

/** Reads one stream of `streamGenerateContent?alt=sse`: every frame is a response of its own. */
export class GeminiStreamReader implements StreamReader {
  readonly #builder = new TurnBuilder();
  #failed = false;
  /** The stream has no last frame of its own: what follows the reason to stop may count tokens. */
  readonly ended = false;

  read(frame: Frame): FrameRole {
    if (frame.isComment) return "comment";
    const piece = pieceIn(frame);
    switch (piece.kind) {
      case "nothing":
        return "preamble";
      case "done":
        return "end";
      case "error":
        this.#failed = true;
        return "error";
      case "chunk":
        this.#builder.take(piece.chunk);
        return this.#roleOf(piece.chunk);
    }
  }

  #roleOf({ candidates, blockReason }: Chunk): FrameRole {
    const parts = candidates.flatMap((candidate) => candidate.parts);
    if (parts.some(({ call }) => call !== undefined)) return "call";
    if (candidates.some(({ finishReason }) => meansBrokenCall(finishReason))) return "call";
    // Together with the last text, the reason to stop must wait as if it came alone.
    if (candidates.some(({ finishReason }) => finishReason !== undefined) || blockReason !== undefined)
      return "end";
    if (parts.some(({ texts, media }) => texts.join("") !== "" || media.length > 0)) return "text";
    return this.#builder.finished ? "end" : "preamble";
  }

  turn(): Turn {
    return this.#builder.turn(this.#builder.finished && !this.#failed);
  }

  /** The parts of the answer as the API wants them back, as JSON texts. */
  parts(): readonly string[] {
    return this.#builder.parts();
  }
}
