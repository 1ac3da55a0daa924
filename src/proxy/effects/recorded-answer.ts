import { LongstopError } from "../../exchange/error.ts";
import { blobBytesMax, type ClaimRecord, type Ledger, type RecordedAnswer } from "../../ledger/ledger.ts";
import { answerHeaders, pairs } from "../upstream-headers.ts";
import { sendJudged } from "./judge-tool.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** Headers that are never written to the ledger: they are secrets of one client. */
const neverRecorded = new Set(["set-cookie", "www-authenticate", "authorization"]);

/** An answer as it is recorded, its body not yet stored. */
export function recordable(status: number, rawHeaders: readonly string[]): RecordedAnswer {
  const kept = [...pairs(answerHeaders(rawHeaders, "as-it-came"))].filter(
    ([name]) => !neverRecorded.has(name.toLowerCase()) && name.toLowerCase() !== "content-length",
  );
  return { status, headers: kept, body: [], extent: "cut" };
}

/** Stores a body by its content, for an answer that may be read more than once; gives the addresses. */
export async function storeByContent(
  ledger: Pick<Ledger, "put">,
  tenant: string,
  body: Uint8Array,
): Promise<string[]> {
  const addresses: string[] = [];
  for (let at = 0; at < body.byteLength; at += blobBytesMax) {
    addresses.push(await ledger.put(tenant, body.subarray(at, at + blobBytesMax)));
  }
  return addresses;
}

/** A body on its way into the ledger: where its pieces will be, and when all of them are there. */
export interface StoredBody {
  readonly addresses: readonly string[];
  readonly stored: Promise<unknown>;
}

/**
 * Stores the body of an answer in pieces. Their addresses are known at once, so that the outcome which names
 * them can be written in the same commit. A dispatch of an operation has one answer, whatever it is.
 */
export function storeBody(
  ledger: Pick<Ledger, "put">,
  { tenant, id, epoch }: Pick<ClaimRecord, "tenant" | "id" | "epoch">,
  body: Uint8Array,
): StoredBody {
  const addresses: string[] = [];
  const storing: Promise<string>[] = [];
  for (let at = 0; at < body.byteLength; at += blobBytesMax) {
    const address = `answer-${id}-${epoch}-${addresses.length}`;
    addresses.push(address);
    storing.push(ledger.put(tenant, body.subarray(at, at + blobBytesMax), address));
  }
  return { addresses, stored: Promise.all(storing) };
}

/**
 * Sends a recorded answer, byte for byte, marked as replayed and with its age. Throws
 * `answer_incomplete` where only a part of it was ever seen, `answer_expired` where its body is
 * gone by age, `answer_unreadable` where it cannot be opened: the effect has happened, so none of
 * these is a reason to dispatch.
 */
export async function replay(exchange: ToolExchange, record: ClaimRecord, nowMs: number): Promise<void> {
  const { ledger } = exchange.engine;
  const { answer } = record;
  const operation = { operation: record.id };
  if (answer === null || answer.extent === "cut") {
    throw new LongstopError(
      "answer_incomplete",
      `The operation was executed, but its answer was never seen whole. It will not be executed ` +
        `again. Operation ${record.id}.`,
      { detail: operation },
    );
  }
  const pieces: Uint8Array[] = [];
  for (const hash of answer.body) {
    const bytes = await ledger.get(record.tenant, hash).catch((cause: unknown) => {
      throw isUnreadable(cause) ? unreadable(record, cause) : cause;
    });
    if (bytes === null) {
      throw new LongstopError(
        "answer_expired",
        `The operation was executed, and its answer is no longer kept. It will not be executed ` +
          `again. Operation ${record.id}.`,
        { detail: operation },
      );
    }
    pieces.push(bytes);
  }
  const ageSeconds = Math.max(0, Math.round((nowMs - (record.finishedAtMs ?? nowMs)) / 1000));
  const headers = [
    // A service that was sent the key again may have marked its answer so itself.
    ...answer.headers.filter(([name]) => name.toLowerCase() !== "idempotent-replayed").flat(),
    "idempotent-replayed",
    "true",
    "longstop-operation",
    record.id,
    "longstop-replayed-age-seconds",
    String(ageSeconds),
  ];
  await sendJudged(exchange, answer.status, headers, Buffer.concat(pieces));
}

function isUnreadable(thrown: unknown): thrown is LongstopError {
  return thrown instanceof LongstopError && thrown.code === "answer_unreadable";
}

function unreadable({ id }: ClaimRecord, cause: LongstopError): LongstopError {
  return new LongstopError(
    cause.code,
    `The operation was executed. ${cause.message} It will not be executed again. Operation ${id}.`,
    { cause, detail: { operation: id } },
  );
}
