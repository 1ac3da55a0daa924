import type { Log } from "../../exchange/log.ts";
import type { Clock } from "../clock.ts";
import type { Presence } from "../presence.ts";
import type { RetrySettings } from "../settings.ts";
import { UpstreamFailure, type UpstreamAnswer } from "../upstream.ts";
import type { Deadline } from "./deadline.ts";
import { askedWait, retryWait } from "./retry-wait.ts";

export interface RetryPorts {
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly log: Log;
}

/** For whom a model is asked once more. */
export interface RetryFor {
  /** The exchange. */
  readonly id: string;
  readonly presence: AbortSignal | Presence;
  /** How often at most. */
  readonly attemptsMax: number;
  /** The wait must fit into it; null: nothing bounds it. */
  readonly deadline: Pick<Deadline, "remainingMs"> | null;
}

/** How often a request may be made again. A client that makes retries by itself gets none on top of each. */
export function attemptsFor(
  { attemptsMax }: RetrySettings,
  saidRetries: string | string[] | undefined,
): number {
  return Number(saidRetries ?? 0) > 0 ? 0 : attemptsMax;
}

/** An answer, or the lack of one, behind which a request may be sent again. */
export type Refused = UpstreamAnswer | UpstreamFailure;

/**
 * Sends a request for a model once more where it came to nothing: not a byte of it was sent, or the status
 * says that it may be sent again, and nobody has seen anything of an answer. What does not fit into the
 * deadline, or is more than may be tried, is passed on as it is: given back, or thrown.
 */
export async function sendAgain(
  first: Refused,
  send: () => Promise<UpstreamAnswer>,
  settings: RetrySettings,
  ports: RetryPorts,
  asker: RetryFor,
): Promise<UpstreamAnswer> {
  let refused = first;
  for (let attempts = 0; ; attempts++) {
    const { attemptsMax } = asker;
    const waitMs = attempts < attemptsMax ? waitAfter(refused, attempts, settings, ports, asker) : null;
    if (waitMs === null) {
      if (refused instanceof UpstreamFailure) throw refused;
      return refused;
    }
    ports.log.info("the upstream is asked once more", {
      exchange: asker.id,
      after: reasonOf(refused),
      waitMs,
    });
    if (!(refused instanceof UpstreamFailure)) refused.discard();
    await Promise.race([ports.clock.sleep(waitMs), gone(asker.presence)]);
    try {
      const answer = await send();
      if (!settings.statuses.includes(answer.status)) return answer;
      refused = answer;
    } catch (thrown) {
      if (!isUnsent(thrown)) throw thrown;
      refused = thrown;
    }
  }
}

/** True for what proves that no byte was sent, and may be otherwise the next time. */
export function isUnsent(thrown: unknown): thrown is UpstreamFailure {
  return (
    thrown instanceof UpstreamFailure && thrown.sent === "no" && thrown.error.code === "upstream_unreachable"
  );
}

function waitAfter(
  refused: Refused,
  attempts: number,
  settings: RetrySettings,
  { clock, random }: RetryPorts,
  { presence, deadline }: RetryFor,
): number | null {
  if (presence instanceof AbortSignal ? presence.aborted : presence.left) return null;
  const askedMs = refused instanceof UpstreamFailure ? null : askedWait(refused.headers, clock.now());
  const waitMs = retryWait({ settings, attempts, random: random(), askedMs });
  return waitMs === null || waitMs >= (deadline?.remainingMs ?? Infinity) ? null : Math.round(waitMs);
}

function reasonOf(refused: Refused): string | number {
  return refused instanceof UpstreamFailure ? refused.message : refused.status;
}

function gone(presence: AbortSignal | Presence): Promise<void> {
  return new Promise((resolve) => {
    if (presence instanceof AbortSignal) presence.addEventListener("abort", () => resolve(), { once: true });
    else presence.onLeave(() => resolve());
  });
}
