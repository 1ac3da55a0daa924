import type { Joining } from "../protocols/turn-forms.ts";
import { FrameSplitter } from "../wire/sse.ts";
import { answerPieces } from "./answer-body.ts";
import type { PieceSource } from "./answer-pieces.ts";
import { ReceivedAnswer } from "./received-answer.ts";
import { answerHeaders } from "./upstream-headers.ts";

/** The stream of an answer joined to what was there before it: what reads it sees one answer. */
export function joinedAnswer(answer: ReceivedAnswer, join: Joining, frameBytesMax: number): ReceivedAnswer {
  const joined = new ReceivedAnswer(answer.target, { headers() {}, failed() {} });
  joined.status = answer.status;
  // The length and the coding are those of the stream that came.
  joined.headers = answerHeaders(answer.headers, "whole");
  const source = answerPieces(answer, answer.target);
  const controller = new SourceControl(source);
  joined.onRequestStart(controller);
  const splitter = new FrameSplitter({ frameBytesMax });
  const failed = (cause: Error): void => joined.onResponseError(controller, cause);
  source.read({
    take(chunk) {
      if (controller.aborted) return true;
      try {
        const pieces = splitter.push(chunk).flatMap((frame) => join.take(frame));
        if (pieces.length > 0) joined.onResponseData(controller, Buffer.concat(pieces));
      } catch (thrown) {
        const cause = thrown instanceof Error ? thrown : new Error("the stream cannot be joined");
        controller.abort(cause);
        failed(cause);
      }
      return !controller.paused;
    },
    end() {
      // What has no end is handed on as it is, and the reader says what is wrong with it.
      const rest = splitter.end();
      if (rest !== null) joined.onResponseData(controller, Buffer.from(rest));
      joined.onResponseEnd();
    },
    fail: failed,
  });
  return joined;
}

type Controller = Parameters<ReceivedAnswer["onRequestStart"]>[0];

/** Holds up, or ends, what an answer is made of. */
class SourceControl implements Controller {
  readonly #source: PieceSource;
  paused = false;
  reason: Error | null = null;

  constructor(source: PieceSource) {
    this.#source = source;
  }

  get aborted(): boolean {
    return this.reason !== null;
  }

  abort(reason: Error): void {
    this.reason ??= reason;
    this.#source.cancel(reason);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#source.resume();
  }
}
