import { headerOf } from "../upstream-headers.ts";

/** How an answer was asked for: one document, a stream of events, or a JSON list of what those hold. */
export type AnswerForm = "whole" | "stream" | "list";

/** `auto`: a stream on behalf of who wants one document, where the upstream gives one. */
export type AskedForm = AnswerForm | "auto";

/** The first lines of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** True where the answer is one document whose length its headers do not tell. */
  readonly isDocument: boolean;
}

/** True where its first lines say that it is a stream of events. */
export function isStream({ headers }: Pick<AnswerHead, "headers">): boolean {
  return (headerOf(headers, "content-type") ?? "").toLowerCase().includes("text/event-stream");
}
