import type { Ledger } from "../../ledger/ledger.ts";
import { recordable } from "../effects/recorded-answer.ts";
import type { AnswerHead } from "./answer-form.ts";

/** Which making of a turn: a turn that broke off may be made again, under the next epoch. */
export interface Making {
  readonly tenant: string;
  readonly id: string;
  readonly epoch: number;
}

/** A piece of what was not shown (`Aside`), and the place that says how much was shown before it. */
export type AsidePlace = `aside-${number}-${number | "released"}`;

/**
 * Where a piece of a turn's answer is kept. The place is known without asking, so that another replica can
 * read along while the answer is made. It begins with what is the same for turns that began together: they
 * are written together, and share pages of a database's index then (ids are in the order of their making).
 */
export function pieceAddress({ id, epoch }: Making, place: number | "head" | "request" | AsidePlace): string {
  return `turn-${place}-${id}-${epoch}`;
}

export function writtenHead({ status, headers }: AnswerHead): Uint8Array {
  const kept = recordable(status, headers).headers.flat();
  return Buffer.from(JSON.stringify({ status, headers: kept }));
}

/** The first lines of an answer that is being made, or null where they are not there yet. */
export async function headOf(
  ledger: Pick<Ledger, "get">,
  making: Making,
): Promise<Omit<AnswerHead, "isDocument"> | null> {
  const bytes = await ledger.get(making.tenant, pieceAddress(making, "head"));
  if (bytes === null) return null;
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Omit<AnswerHead, "isDocument">;
}

/** A piece of it, or null where it is not there yet. */
export function pieceOf(
  ledger: Pick<Ledger, "get">,
  making: Making,
  place: number,
): Promise<Uint8Array | null> {
  return ledger.get(making.tenant, pieceAddress(making, place));
}

/** What a making of a turn is found by, also once it was made again: `<turn>.<epoch>`. */
export function makingId({ id, epoch }: Pick<Making, "id" | "epoch">): string {
  return `${id}.${epoch}`;
}
