import type { Caller } from "../../exchange/exchange.ts";
import type { Call } from "../../exchange/turn.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { framesIn } from "../../wire/sse.ts";
import type { Engine } from "../engine.ts";
import type { EngineSettings } from "../settings.ts";
import type { TurnOutput } from "./turn-output.ts";

type Reading = Pick<Protocol, "readAnswer" | "openReader" | "forms">;

interface Asking {
  readonly engine: Pick<Engine, "settings" | "decisions">;
  readonly caller: Caller;
  readonly protocol: Reading;
}

/** The names of calls that some tool's calls carry out; none where nobody asks what models decided. */
export function mappedNames({ tools }: Pick<EngineSettings, "tools">): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { decisions = [] } of tools.values()) for (const { tool } of decisions) names.add(tool);
  return names;
}

/**
 * The whole calls of an answer as its client was shown them; null where it is no answer, or not whole. Throws
 * `upstream_unreadable` where it cannot be read.
 */
export function shownCalls(protocol: Reading, output: TurnOutput, text: string): readonly Call[] | null {
  if (!output.isAnswer) return null;
  const turn = output.form === "stream" ? streamed(protocol, text) : wholeTurn(protocol, output, text);
  // What is made in the background is fetched by its id, and that is no turn: what it decides is not known.
  if (turn === null || turn.background === true) return null;
  return turn.calls.filter(({ truncated }) => !truncated);
}

function streamed(protocol: Reading, text: string): ReturnType<typeof wholeTurn> {
  const reader = protocol.openReader();
  for (const frame of framesIn(text)) reader.read(frame);
  const turn = reader.turn();
  return turn.complete ? turn : null;
}

function wholeTurn({ readAnswer, forms }: Reading, { form }: TurnOutput, text: string) {
  const whole = form === "whole" ? text : forms.wholeOf(text);
  return whole === null ? null : readAnswer(whole).turn;
}

/** A turn as it is given to who asks for it. */
interface Given {
  /** The id of its record, or of its exchange where it has none. */
  readonly turn: string;
  readonly epoch: number;
  readonly output: TurnOutput;
  /** All of its answer once it has ended; null where it is not there any more. */
  readonly text: () => Promise<string | null>;
}

/**
 * Sees to it that what a turn decides is known for the attempt that is given it. Gives what writes it down,
 * once the turn has ended; null where nobody asks.
 */
export function noteDecisions(
  { engine, caller, protocol }: Asking,
  { turn, epoch, output, text }: Given,
): (() => Promise<void>) | null {
  if (caller.run.id === null || engine.settings.turns.mode !== "enforce") return null;
  const names = mappedNames(engine.settings);
  if (names.size === 0) return null;
  return engine.decisions.give({
    caller,
    turn,
    epoch,
    names,
    isRunning: () => output.running,
    calls: async () => {
      const all = output.isAnswer ? await text() : null;
      return all === null ? null : shownCalls(protocol, output, all);
    },
  });
}
