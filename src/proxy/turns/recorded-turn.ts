import type { Turn, Usage } from "../../exchange/turn.ts";
import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord, Ledger } from "../../ledger/ledger.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import { type Making, makingId } from "./turn-pieces.ts";
import { turnOf } from "./turn-of-stream.ts";
import { cutStreamOf, type TurnSoFar, turnSoFar } from "./turn-so-far.ts";

/** Which turn is asked for: by the id of its record, or that of one making of it (`Longstop-Partial`). */
export interface TurnName {
  readonly tenant: string;
  readonly run: string;
  readonly turn: string;
}

/** What is needed to read it. */
export interface TurnSockets {
  readonly protocols: readonly Protocol[];
  readonly answerBytesMax: number;
}

/** What is told of a recorded turn. Times are of the ledger's clock (RFC 3339). */
export interface ToldTurn {
  readonly turn: string;
  readonly epoch: number;
  /** Of an earlier making than the last, `superseded`. */
  readonly state: ClaimRecord["state"] | "superseded";
  readonly reason: string | null;
  readonly run: string | null;
  readonly stage: string | null;
  readonly attempt: string | null;
  readonly target: unknown;
  readonly model: unknown;
  readonly exchange: unknown;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly status: number | null;
  readonly upstreamId: string | null;
  readonly usage: Usage | null;
  /** True where the model's own end was seen. */
  readonly complete: boolean;
  readonly text: string;
  /** Those that were whole, whether or not a client was ever shown them. */
  readonly calls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
  /** Bytes that clients were shown, and of the model's answer as far as it came. */
  readonly bytes: { readonly shown: number; readonly said: number };
}

/** A turn as the ledger has it; null where it is none of that run. */
export async function recordedTurn(
  ledger: Ledger,
  name: TurnName,
  { protocols, answerBytesMax }: TurnSockets,
): Promise<{ readonly told: ToldTurn; readonly soFar: TurnSoFar | null } | null> {
  const { id, epoch } = parsed(name.turn);
  const record = await ledger.read(id);
  const isMeant = record?.kind === "turn" && record.tenant === name.tenant && record.run === name.run;
  if (record === null || !isMeant || (epoch ?? record.epoch) > record.epoch) return null;
  const making = { tenant: record.tenant, id, epoch: epoch ?? record.epoch };
  const soFar = await turnSoFar(ledger, making, answerBytesMax);
  const protocol = protocols.find((one) => one.name === record.detail["protocol"]);
  const turn = soFar === null || protocol === undefined ? null : readTurn(soFar, protocol);
  return { told: toldOf(record, making, soFar, turn), soFar };
}

function parsed(turn: string): { readonly id: string; readonly epoch: number | null } {
  const [, id = turn, epoch = null] = /^(.*)\.(\d{1,9})$/.exec(turn) ?? [];
  return { id, epoch: epoch === null ? null : Number(epoch) };
}

function toldOf(record: ClaimRecord, making: Making, soFar: TurnSoFar | null, turn: Turn | null): ToldTurn {
  const { run, stage, attempt, detail } = record;
  const { target, model, exchange } = detail;
  return {
    turn: makingId(making),
    epoch: making.epoch,
    ...endOf(record, making),
    run,
    stage,
    attempt,
    target,
    model,
    exchange,
    createdAt: new Date(record.createdAtMs).toISOString(),
    status: soFar?.status ?? null,
    ...saidIn(turn),
    bytes: { shown: soFar?.shown.length ?? 0, said: soFar?.said.length ?? 0 },
  };
}

/** The record tells of its last making alone. */
function endOf(
  { epoch, state, reason, finishedAtMs }: ClaimRecord,
  making: Making,
): Pick<ToldTurn, "state" | "reason" | "finishedAt"> {
  if (making.epoch !== epoch) return { state: "superseded", reason: null, finishedAt: null };
  return { state, reason, finishedAt: finishedAtMs === null ? null : new Date(finishedAtMs).toISOString() };
}

function saidIn(turn: Turn | null): Pick<ToldTurn, "upstreamId" | "usage" | "complete" | "text" | "calls"> {
  if (turn === null) return { upstreamId: null, usage: null, complete: false, text: "", calls: [] };
  const { id, usage = null, complete, text, calls } = turn;
  const told = calls.map((call) => ({ id: call.id, name: call.name, arguments: call.argumentsText }));
  return { upstreamId: id === "" ? null : id, usage, complete, text, calls: told };
}

function readTurn(soFar: TurnSoFar, protocol: Protocol): Turn | null {
  const stream = cutStreamOf(soFar);
  if (stream !== null) return turnOf(stream, protocol);
  try {
    return protocol.readAnswer(soFar.said.toString("utf8")).turn;
  } catch (thrown) {
    // A refusal, or a part of a document.
    if (thrown instanceof LongstopError) return null;
    throw thrown;
  }
}
