import { factKinds, subjectOfRun, type TurnGivenUpFact } from "../../exchange/run-facts.ts";
import type { Caller } from "../../exchange/exchange.ts";
import type { Prompt } from "../../exchange/prompt.ts";
import type { ModelUsage } from "../../exchange/run-usage.ts";
import type { Turn } from "../../exchange/turn.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { answerUsage } from "../answer-usage.ts";
import type { Engine } from "../engine.ts";
import { turnOf } from "./turn-of-stream.ts";
import type { RunningTurn } from "./running-turn.ts";
import type { TurnOutput } from "./turn-output.ts";

/** Who asked a turn, and what: what is told of one that is given up. */
export interface TurnOrigin {
  readonly engine: Pick<Engine, "ledger" | "log" | "clock" | "cost">;
  readonly caller: Caller;
  readonly target: string;
  readonly protocol: Protocol;
  readonly prompt: Prompt;
  /** How long ago its request came, ms. */
  readonly elapsedMs: () => number;
}

/**
 * Tells what was paid for an answer that nobody came for: the log of every one, the ledger of those of a run
 * with an id. Never rejects.
 */
export async function tellGivenUp({ place, output }: RunningTurn, origin: TurnOrigin): Promise<void> {
  const { engine, caller, target, protocol, prompt } = origin;
  const { tenant, run } = caller;
  const { exchange, record } = place;
  const ms = Math.round(origin.elapsedMs());
  try {
    // Where that fails, what is left of it is told.
    await output.fetchBack();
    const said = what(output);
    const turn = turnOf(said.toString("utf8"), protocol);
    const usage = await usageOf(turn, prompt);
    const told: TurnGivenUpFact = {
      exchange,
      turn: record?.id ?? null,
      target,
      model: prompt.model,
      stage: run.stage,
      attempt: run.attempt,
      ms,
      bytes: said.length,
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      estimated: !turn.complete || turn.usage?.outputTokens === undefined,
      cost: engine.cost(usage),
    };
    engine.log.info("an answer was given up: its client was gone, and nobody came for it", { ...told });
    if (run.id === null) return;
    const subject = subjectOfRun(run.id);
    await engine.ledger.append([{ tenant, subject, kind: factKinds.turnGivenUp, value: told }]);
  } catch (cause) {
    engine.log.warn("what an answer cost that was given up is not in the ledger", { exchange, cause });
  }
}

/** The model's words as far as they came: what was shown, and what was held back. */
function what({ recording, aside }: TurnOutput): Buffer {
  const shown = recording.bytesFrom(recording.forgotten);
  if (aside === null || aside.releasedAt !== null) return shown;
  const held = aside.recording.bytesFrom(0);
  return aside.round === 0 ? Buffer.concat([shown, held]) : held;
}

async function usageOf(turn: Turn, prompt: Prompt): Promise<ModelUsage> {
  const usage = await answerUsage(turn, () => prompt);
  return {
    model: prompt.model,
    inputTokens: usage.inputTokens ?? 0,
    outputTokens: usage.outputTokens ?? 0,
    cacheReadTokens: usage.cacheReadTokens ?? 0,
    cacheWriteTokens: usage.cacheWriteTokens ?? 0,
  };
}
