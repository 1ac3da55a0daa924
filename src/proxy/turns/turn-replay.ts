import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord, Ledger } from "../../ledger/ledger.ts";
import type { Clock } from "../clock.ts";
import { isSuccess } from "../whole-answer.ts";
import { sharedMoment } from "./shared-moment.ts";
import type { AskedForm } from "./answer-form.ts";
import { TurnOutput } from "./turn-output.ts";
import { headOf, pieceOf } from "./turn-pieces.ts";

/** How often the pieces of a turn that another gateway makes are looked for, ms. */
const pieceEveryMs = 25;
/** How often it is asked whether it has ended, in looks that found nothing. */
const looksPerRead = 8;

/** A turn that another gateway was making did not come to its end there. */
export class TurnLost extends Error {
  override readonly name = "TurnLost";
}

/** How the answer of a recorded turn was asked for. */
export function recordedForm({ form }: ClaimRecord["detail"]): AskedForm {
  return form === "stream" || form === "list" || form === "auto" ? form : "whole";
}

/**
 * The answer of a turn that has ended, from the ledger; null where it is no longer kept, or never was whole.
 * `nowMs` is the ledger's clock.
 */
export async function replayOf(
  ledger: Pick<Ledger, "get">,
  { tenant, answer, finishedAtMs, detail }: ClaimRecord,
  nowMs: number,
): Promise<TurnOutput | null> {
  if (answer === null || answer.extent === "cut" || !isSuccess(answer.status)) return null;
  const output = new TurnOutput(recordedForm(detail));
  output.resume({ status: answer.status, headers: answer.headers.flat() });
  for (const address of answer.body) {
    const bytes = await ledger.get(tenant, address);
    if (bytes === null) return null;
    output.write(bytes);
  }
  const ageSeconds = Math.max(0, Math.round((nowMs - (finishedAtMs ?? nowMs)) / 1000));
  output.notes.set("longstop-replayed-age-seconds", String(ageSeconds));
  void output.end();
  return output;
}

/**
 * Copies a turn that another gateway makes, piece by piece, until it has ended. Rejects with `TurnLost` where
 * it does not come to its end.
 */
export async function follow(
  { ledger, clock }: { readonly ledger: Pick<Ledger, "get" | "read">; readonly clock: Clock },
  record: ClaimRecord,
  output: TurnOutput,
): Promise<void> {
  let place = 0;
  let looks = 0;
  const copy = async (): Promise<boolean> => {
    if (output.head === null) {
      const head = await headOf(ledger, record);
      if (head === null) return false;
      output.resume(head);
    }
    const bytes = await pieceOf(ledger, record, place);
    if (bytes === null) return false;
    place++;
    if (!output.write(bytes)) await output.drained();
    return true;
  };
  while (!output.left) {
    if (await copy()) continue;
    if (++looks % looksPerRead === 0) {
      const now = await ledger.read(record.id);
      if (now === null || now.epoch !== record.epoch) throw lost(record);
      if (now.state !== "intent") {
        while (await copy());
        if (now.state !== "done" || now.answer?.extent !== "whole" || place < now.answer.body.length)
          throw lost(record);
        return output.end();
      }
    }
    // Whoever reads along looks at the same moments, so that one question to the ledger is that of all.
    const nowMs = clock.now();
    await clock.sleep(sharedMoment(nowMs + 1, pieceEveryMs) - nowMs);
  }
}

/** What a client is told that has a part of such a turn. */
export function lostTurn(cause: unknown): LongstopError {
  return new LongstopError(
    "upstream_cut",
    "The gateway that was receiving this answer stopped before it was whole.",
    { cause, retryable: true },
  );
}

function lost({ id }: ClaimRecord): TurnLost {
  return new TurnLost(`the turn ${id} did not come to its end`);
}
