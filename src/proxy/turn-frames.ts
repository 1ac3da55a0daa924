import type { FrameRole, StreamReader } from "../protocols/protocol.ts";
import { type Frame, type FrameSplitter, frameOf } from "../wire/sse.ts";
import type { PieceTaker, Taken } from "./answer-pieces.ts";
import type { ClientStream } from "./client-stream.ts";

/** What is done with the frames of a turn. */
export interface FramePorts {
  readonly isHolding: () => boolean;
  /** Called before a frame that opens an answer is taken; it is taken once a promise has resolved. */
  readonly opens: () => Promise<void> | null;
  readonly take: (frame: Frame, role: FrameRole) => void;
  /** What to throw where the stream ends inside a frame that cannot be read. */
  readonly cut: (cause: unknown) => Error;
}

/** How a turn's stream ended. */
export type TurnEnd = "whole" | "upstream-error";

/** Cuts the pieces of one turn's stream into frames, and has each read and taken, in order. */
export class TurnFrames implements PieceTaker {
  readonly #reader: StreamReader;
  readonly #splitter: FrameSplitter;
  readonly #client: ClientStream;
  readonly #ports: FramePorts;
  #failed = false;

  constructor(reader: StreamReader, splitter: FrameSplitter, client: ClientStream, ports: FramePorts) {
    this.#reader = reader;
    this.#splitter = splitter;
    this.#client = client;
    this.#ports = ports;
  }

  get ended(): boolean {
    return this.#reader.ended;
  }

  /** What leaves of one piece leaves in one write. */
  take(piece: Buffer): Taken {
    this.#client.beginTogether();
    let taken: Taken;
    try {
      taken = this.#takeFrom(this.#splitter.push(piece), 0);
    } catch (cause) {
      void this.#client.sendTogether();
      throw cause;
    }
    if (taken instanceof Promise) return this.#sendAfter(taken);
    const wait = this.#client.sendTogether();
    return wait === undefined || taken === "enough" ? taken : wait.then(() => "more");
  }

  async #sendAfter(taking: Promise<"more" | "enough">): Promise<"more" | "enough"> {
    let wait: Promise<void> | undefined;
    let taken: "more" | "enough";
    try {
      taken = await taking;
    } finally {
      wait = this.#client.sendTogether();
    }
    if (taken === "more") await wait;
    return taken;
  }

  #takeFrom(frames: readonly Frame[], first: number): Taken {
    for (let at = first; at < frames.length; at++) {
      const frame = frames[at] as Frame;
      // What stands behind the end is read by no client: it is judged by nobody either.
      if (this.#reader.ended && this.#ports.isHolding()) continue;
      const role = this.#reader.read(frame);
      const opening = role === "preamble" ? this.#ports.opens() : null;
      if (opening !== null) {
        return opening.then(() => {
          this.#ports.take(frame, role);
          return this.#takeFrom(frames, at + 1);
        });
      }
      this.#ports.take(frame, role);
      if (role === "error") {
        this.#failed = true;
        return "enough";
      }
    }
    return "more";
  }

  /**
   * No more pieces come. What stands behind the last blank line counts where it makes the turn whole,
   * because some servers leave the final one out; else it is a piece of a frame, and the error event behind
   * it would be read as its end.
   */
  end(): TurnEnd {
    const rest = this.#splitter.end();
    if (this.#failed) return "upstream-error";
    if (rest === null) return "whole";
    const text = Buffer.from(rest).toString("utf8");
    const frame = frameOf(text.endsWith("\n") ? `${text}\n` : `${text}\n\n`);
    if (frame.isComment) return "whole";
    let role: FrameRole;
    try {
      role = this.#reader.read(frame);
    } catch (cause) {
      throw this.#ports.cut(cause);
    }
    if (role === "error" || this.#reader.turn().complete) this.#ports.take(frame, role);
    return role === "error" ? "upstream-error" : "whole";
  }
}
