import type { IncomingHttpHeaders } from "node:http";
import { LongstopError } from "../../exchange/error.ts";

/** How long a client waits, as it says itself, ms from its request on; Infinity where it does not say. */
export interface Patience {
  /** Until it has all of the answer, in whatever form: `Longstop-Deadline`. Not above 0: that is over. */
  readonly totalMs: number;
  /** Until it has the headers; where the answer is one document, until its end: `X-Stainless-Timeout`. */
  readonly timeoutMs: number;
  /** Until the first piece, and between two: `X-Stainless-Read-Timeout`. */
  readonly silenceMs: number;
}

/** Reads what a client says. `atMs` is when its request came, wall clock. Throws `request_malformed`. */
export function readPatience(headers: IncomingHttpHeaders, atMs: number): Patience {
  return {
    totalMs: deadlineOf(headers["longstop-deadline"], atMs),
    timeoutMs: secondsOf(headers["x-stainless-timeout"]),
    silenceMs: secondsOf(headers["x-stainless-read-timeout"]),
  };
}

const decimal = /^\d{1,9}(?:\.\d{1,9})?$/;
/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
const instant = /^(\d{4})-(\d\d)-(\d\d)[Tt]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/;

function deadlineOf(value: string | string[] | undefined, atMs: number): number {
  if (value === undefined) return Infinity;
  const text = String(value).trim();
  if (decimal.test(text)) {
    const ms = Number(text) * 1000;
    if (ms > 0) return ms;
  } else {
    const ms = instantOf(text);
    if (ms !== null) return ms - atMs;
  }
  throw new LongstopError(
    "request_malformed",
    "Longstop-Deadline is a number of seconds above 0, such as 30 or 2.5, or an instant such as " +
      "2026-11-30T12:00:00Z (RFC 3339).",
  );
}

function instantOf(text: string): number | null {
  const [, year, month, day] = instant.exec(text) ?? [];
  if (year === undefined) return null;
  // `Date.parse` takes the 30th of February for a day in March.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const ms = Number(day) > daysInMonth ? Number.NaN : Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? null : ms;
}

/**
 * What an SDK wrote by itself. The SDKs for JavaScript cut it down to whole seconds, so that 0 stands for a
 * limit below one second that is not known; what is no number is nobody's fault who could mend it.
 */
function secondsOf(value: string | string[] | undefined): number {
  if (value === undefined) return Infinity;
  const ms = Number(String(value)) * 1000;
  return ms > 0 ? ms : Infinity;
}
