import type { DeadlineSettings } from "../settings.ts";

export type Margin = Pick<DeadlineSettings, "marginPercent" | "marginMsMin" | "marginMsMax">;

/**
 * By when a client must have heard from the gateway that waits so long itself, ms: early enough that the
 * words arrive before it gives up, and never before half of its time is over. Infinity stays what it is.
 */
export function heardWithin(limitMs: number, { marginPercent, marginMsMin, marginMsMax }: Margin): number {
  const margin = Math.max(marginMsMin, Math.min((limitMs * marginPercent) / 100, marginMsMax));
  return limitMs - Math.min(margin, limitMs / 2);
}
