import type { Ledger } from "../../ledger/ledger.ts";
import { headerOf } from "../upstream-headers.ts";
import { isSuccess } from "../whole-answer.ts";
import { partialMark } from "./partial-note.ts";
import { type AsidePlace, headOf, type Making, pieceAddress } from "./turn-pieces.ts";

type Reads = Pick<Ledger, "get">;

/** What the ledger has of a making of a turn, whether or not it came to its end. */
export interface TurnSoFar {
  /** What its clients were shown, or could have been. */
  readonly shown: Buffer;
  /** What the model said as far as it came, as the stream that it was: also what nobody was shown. */
  readonly said: Buffer;
  /** The status that it was answered with, or null where it had none yet. */
  readonly status: number | null;
  /** False where the model was asked again: what it said goes on behind a turn that nobody was shown. */
  readonly isFirstTurn: boolean;
  /** False where it is one document, of which a part says nothing. */
  readonly isStream: boolean;
}

/** Reads it, at most `bytesMax` of each; null where there is nothing. */
export async function turnSoFar(ledger: Reads, making: Making, bytesMax: number): Promise<TurnSoFar | null> {
  const head = await headOf(ledger, making);
  const shown = await piecesFrom(ledger, making, bytesMax, (at) => at);
  const { round, bytes } = await asideOf(ledger, making, bytesMax);
  if (head === null && shown.length === 0 && bytes.length === 0) return null;
  const type = head === null ? "text/event-stream" : (headerOf(head.headers.flat(), "content-type") ?? "");
  return {
    shown,
    said: round === 0 ? Buffer.concat([await shownBefore(ledger, making, shown), bytes]) : bytes,
    isFirstTurn: round <= 1,
    status: head?.status ?? null,
    isStream: type.toLowerCase().includes("text/event-stream"),
  };
}

/** The stream of a model's answer that was cut; null where there is none. */
export function cutStreamOf({ said, status, isStream }: TurnSoFar): string | null {
  return isStream && (status === null || isSuccess(status)) ? said.toString("utf8") : null;
}

/** The last round of what was not shown. */
async function asideOf(
  ledger: Reads,
  making: Making,
  bytesMax: number,
): Promise<{ readonly round: number; readonly bytes: Buffer }> {
  // Rounds 0 and 1 may be missing: a turn may be held from its first frame on, or from a later one.
  let found: { readonly round: number; readonly bytes: Buffer } = { round: 0, bytes: Buffer.alloc(0) };
  for (let round = 0; ; round++) {
    const place = (at: number): AsidePlace => `aside-${round}-${at}`;
    const bytes = await piecesFrom(ledger, making, bytesMax, place);
    if (bytes.length > 0) found = { round, bytes };
    else if (round > 1) return found;
  }
}

/** What was shown before that, where it began to be shown itself. */
async function shownBefore(ledger: Reads, making: Making, shown: Buffer): Promise<Buffer> {
  const at = await ledger.get(making.tenant, pieceAddress(making, "aside-0-released"));
  if (at !== null) return shown.subarray(0, Number(Buffer.from(at).toString("utf8")));
  // What was held came before the error that ended the stream.
  const error = shown.lastIndexOf(`\n${partialMark}`);
  return error === -1 ? shown : shown.subarray(0, error + 1);
}

async function piecesFrom(
  ledger: Reads,
  making: Making,
  bytesMax: number,
  placeOf: (at: number) => number | AsidePlace,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (let at = 0; bytes <= bytesMax; at++) {
    const piece = await ledger.get(making.tenant, pieceAddress(making, placeOf(at)));
    if (piece === null) break;
    pieces.push(piece);
    bytes += piece.byteLength;
  }
  return Buffer.concat(pieces).subarray(0, bytesMax);
}
