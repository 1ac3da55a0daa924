import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import { type AnswerShape, clientLimits, isUnlimited } from "./client-limits.ts";
import { Deadline } from "./deadline.ts";
import { deadlineOver } from "./deadline-error.ts";
import { misaligned } from "./misaligned.ts";
import { type Patience, readPatience } from "./patience.ts";

type Opening = Pick<Engine, "settings" | "clock" | "report">;

/**
 * The deadline of a client that asks a model, or null where nothing limits it. Throws `request_malformed`
 * where it is said unclearly, and `deadline_exceeded` where it is over already. Who opens it must end it.
 */
export function openDeadline(engine: Opening, inbound: Inbound, shape: AnswerShape): Deadline | null {
  const { deadlines } = engine.settings;
  if (deadlines.mode === "off") return null;
  const { timing } = inbound;
  const patience = readPatience(inbound.incoming.headers, engine.clock.now() - timing.elapsedMs());
  if (patience.totalMs <= timing.elapsedMs() && deadlines.mode === "enforce") throw deadlineOver();
  reportMisaligned(engine, inbound, patience, shape);
  const limits = clientLimits(patience, shape, deadlines);
  return isUnlimited(limits) ? null : new Deadline(inbound, limits, timing.startedMs);
}

/** Longest part of a client's name for itself that is repeated, in characters. */
const nameLengthMax = 100;

function reportMisaligned(
  engine: Opening,
  { incoming }: Inbound,
  patience: Patience,
  shape: AnswerShape,
): void {
  const { timeouts, hold, turns } = engine.settings;
  const sentences = misaligned(patience, {
    shape,
    firstTokenMs: timeouts.firstTokenMs,
    keepAliveMs: hold.keepAliveSeconds * 1000,
    keepsAnswers: turns.mode === "enforce",
  });
  if (sentences.length === 0) return;
  const name = (incoming.headers["user-agent"] ?? "without a name").slice(0, nameLengthMax);
  for (const sentence of sentences) engine.report(`client ${name}`, sentence);
}
