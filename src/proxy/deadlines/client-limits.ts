import type { DeadlineSettings } from "../settings.ts";
import { heardWithin } from "./margin.ts";
import type { Patience } from "./patience.ts";

/** How an answer comes: as one document, piece by piece, or nobody looked at what was asked for. */
export type AnswerShape = "whole" | "stream" | "unknown";

/** By when a client must hear something, ms from its request on; Infinity: no limit. */
export interface ClientLimits {
  /** All of the answer. */
  readonly totalMs: number;
  /** The headers. */
  readonly headersMs: number;
  /** The next piece, from the one before it on. */
  readonly silenceMs: number;
}

/**
 * The smallest of what the client says and what is configured, less the margin. Common HTTP clients give
 * up on an answer without headers after 300 s whatever their SDK says, which `wholeMs` heeds already.
 */
export function clientLimits(
  { totalMs, timeoutMs, silenceMs }: Patience,
  shape: AnswerShape,
  settings: DeadlineSettings,
): ClientLimits {
  const heard = (limitMs: number): number => heardWithin(limitMs, settings);
  if (shape === "whole") {
    // One document comes all at once: until then there are neither headers nor pieces.
    const said = Math.min(totalMs, timeoutMs, silenceMs);
    const limitMs = heard(said === Infinity ? settings.totalMs : said);
    return { totalMs: Math.min(limitMs, settings.wholeMs), headersMs: Infinity, silenceMs: Infinity };
  }
  const headersMs = heard(Math.min(timeoutMs, silenceMs));
  return {
    totalMs: heard(totalMs === Infinity ? settings.totalMs : totalMs),
    headersMs: shape === "unknown" ? Math.min(headersMs, settings.wholeMs) : headersMs,
    silenceMs: heard(silenceMs),
  };
}

export function isUnlimited({ totalMs, headersMs, silenceMs }: ClientLimits): boolean {
  return totalMs === Infinity && headersMs === Infinity && silenceMs === Infinity;
}
