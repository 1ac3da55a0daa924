import { LongstopError } from "../exchange/error.ts";
import type { SseError } from "../wire/sse.ts";
import type { Target } from "./settings.ts";

/** Characters of an upstream's own error that are passed on. */
const saidMax = 500;

/** The stream stopped before its protocol's end. */
export function cutStream({ name }: Target, cause?: unknown): LongstopError {
  return new LongstopError(
    "upstream_cut",
    `The upstream ${name} ended its stream before the answer was whole. No tool call was released.`,
    { cause },
  );
}

/** The upstream ended its stream with an error, of which `said` is the text. */
export function erredStream({ name }: Target, said: string): LongstopError {
  const sentence = `The upstream ${name} ended its answer with an error: ${said.slice(0, saidMax)}`;
  return new LongstopError("upstream_cut", sentence);
}

/** What came is no stream of events, or one of them is too large. */
export function unreadableStream({ name }: Target, cause: SseError): LongstopError {
  return new LongstopError(
    "upstream_unreadable",
    `The upstream ${name} sent a stream that cannot be read: ${cause.message}`,
    { cause },
  );
}

/** The same for a client that has no piece of the answer: it may ask again by itself where that was cut. */
export function untouched(error: LongstopError): LongstopError {
  if (error.code !== "upstream_cut") return error;
  const { message, cause, detail } = error;
  return new LongstopError("upstream_cut", message, { cause, detail, retryable: true });
}
