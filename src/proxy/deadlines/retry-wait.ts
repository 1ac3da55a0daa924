import type { RetrySettings } from "../settings.ts";
import { headerOf } from "../upstream-headers.ts";

/** What the wait before the next attempt is made of. */
export interface WaitTerms {
  readonly settings: Pick<RetrySettings, "delayMs" | "delayMsMax">;
  /** How many attempts there were before this one that the gateway made by itself. */
  readonly attempts: number;
  /** From 0 to below 1. */
  readonly random: number;
  /** What the upstream asks for, ms, or null. */
  readonly askedMs: number | null;
}

/**
 * How long to wait before an upstream is asked once more, ms; null where it wants more than may be waited.
 * Full jitter, so that many who were refused at once do not come back at once:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function retryWait({ settings, attempts, random, askedMs }: WaitTerms): number | null {
  const { delayMs, delayMsMax } = settings;
  if (askedMs !== null && askedMs > delayMsMax) return null;
  const jitterMs = random * Math.min(delayMs * 2 ** attempts, delayMsMax);
  return Math.min((askedMs ?? 0) + jitterMs, delayMsMax);
}

/**
 * The wait that an upstream asks for, ms, or null. `retry-after-ms` is OpenAI's; `retry-after` is seconds
 * or a date (RFC 9110, 10.2.3).
 */
export function askedWait(headers: readonly string[], nowMs: number): number | null {
  const ms = numberOf(headerOf(headers, "retry-after-ms"));
  if (ms !== null) return ms;
  const value = headerOf(headers, "retry-after");
  const seconds = numberOf(value);
  if (seconds !== null) return seconds * 1000;
  const at = Date.parse(value ?? "");
  return Number.isNaN(at) ? null : Math.max(at - nowMs, 0);
}

function numberOf(value: string | undefined): number | null {
  return value !== undefined && /^\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : null;
}
