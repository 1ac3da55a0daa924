import type { AnswerShape } from "./client-limits.ts";
import type { Patience } from "./patience.ts";

/** After so long without headers common HTTP clients give up, such as Node's, whatever their SDK says. */
const silentClientMs = 300_000;

/** Settings of the gateway that a client's own limits may not fit. */
export interface Alignment {
  readonly shape: AnswerShape;
  readonly firstTokenMs: number;
  readonly keepAliveMs: number;
  /** True where a client that gives up loses nothing, because its retry gets the answer. */
  readonly keepsAnswers: boolean;
}

/** What does not fit between a client's limits and the gateway's: one sentence each, with its remedy. */
export function misaligned(patience: Patience, alignment: Alignment): readonly string[] {
  const { totalMs, timeoutMs, silenceMs } = patience;
  const { shape, firstTokenMs, keepAliveMs, keepsAnswers } = alignment;
  const sentences: string[] = [];
  const waitMs = Math.min(timeoutMs, silenceMs);
  if (!keepsAnswers && Math.min(totalMs, waitMs) < firstTokenMs && shape === "stream") {
    sentences.push(
      `It waits ${seconds(Math.min(totalMs, waitMs))} for a stream to begin, and an upstream may take ` +
        `${seconds(firstTokenMs)} (timeouts.firstTokenMs). What the model made until then is lost: ` +
        `set turns: { mode: enforce }, so that its retry gets it, or give the client a longer timeout.`,
    );
  }
  if (shape === "whole" && waitMs !== Infinity && waitMs > silentClientMs) {
    sentences.push(
      `It would wait ${seconds(waitMs)} for an answer that is one document, but common HTTP clients give ` +
        `up after ${seconds(silentClientMs)} without headers. Ask for a stream where answers take so long.`,
    );
  }
  if (silenceMs <= keepAliveMs) {
    sentences.push(
      `It gives up after ${seconds(silenceMs)} without a byte, and while calls are held it is sent one ` +
        `every ${seconds(keepAliveMs)}: set hold.keepAliveSeconds below its limit, or give it a longer one.`,
    );
  }
  return sentences;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(3))} s`;
}
