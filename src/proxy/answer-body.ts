import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { LongstopError } from "../exchange/error.ts";
import { piecesOf, type PieceSource } from "./answer-pieces.ts";
import { decoded, unknownCoding } from "./content-coding.ts";
import { limited } from "./limited.ts";
import type { Target } from "./settings.ts";
import { answerError, type UpstreamAnswer } from "./upstream.ts";
import { headerOf } from "./upstream-headers.ts";

/**
 * The body of an upstream's answer without its content codings: identity was asked for, but some
 * compress all the same. Throws `upstream_encoding` for a coding that is not known here.
 */
export function answerBody(answer: UpstreamAnswer, target: Target): Readable {
  const coding = headerOf(answer.headers, "content-encoding");
  const unknown = unknownCoding(coding);
  if (unknown === undefined) return decoded(answer.body, coding);
  answer.discard();
  throw new LongstopError(
    "upstream_encoding",
    `The upstream ${target.name} compressed its answer as ${JSON.stringify(unknown)} although ` +
      `identity was asked for.`,
  );
}

/** The same piece by piece. A stream is made only where a coding must be undone. */
export function answerPieces(answer: UpstreamAnswer, target: Target): PieceSource {
  if (headerOf(answer.headers, "content-encoding") === undefined) return answer;
  return piecesOf(answerBody(answer, target));
}

/**
 * The whole of it, inside a limit: a promise where it is not here yet. Throws, or rejects, in words
 * that say whose fault it is.
 */
export function wholeAnswerBody(
  answer: UpstreamAnswer,
  target: Target,
  bytesMax: number,
): Buffer | Promise<Buffer> {
  const tooLarge = (): LongstopError => answerTooLarge(bytesMax);
  const inWords = (cause: unknown): never => {
    throw answerError(cause, target);
  };
  if (headerOf(answer.headers, "content-encoding") !== undefined) {
    return buffer(limited(answerBody(answer, target), bytesMax, tooLarge)).catch(inWords);
  }
  // Nearly every answer is without a coding, and a small one is often here with its headers.
  return answer.wholeNow(bytesMax) ?? answer.whole(bytesMax, tooLarge).catch(inWords);
}

export function answerTooLarge(bytesMax: number): LongstopError {
  const sentence = `The answer is larger than ${bytesMax} bytes (limits.answerBytesMax).`;
  return new LongstopError("upstream_unreadable", sentence);
}
