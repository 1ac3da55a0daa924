import { LongstopError } from "../../exchange/error.ts";
import type { Log } from "../../exchange/log.ts";
import {
  blobBytesMax,
  type ClaimRecord,
  type Fence,
  type Ledger,
  type RecordedAnswer,
  type Settlement,
} from "../../ledger/ledger.ts";
import type { Clock } from "../clock.ts";
import { recordable } from "../effects/recorded-answer.ts";
import { momentMeant, sharedMoment } from "./shared-moment.ts";
import { pieceAddress, writtenHead } from "./turn-pieces.ts";
import type { TurnOutput } from "./turn-output.ts";

/** What a record is written with. */
export interface RecordPorts {
  readonly ledger: Pick<Ledger, "put" | "settle" | "renew" | "markDelivered">;
  readonly log: Log;
  readonly clock: Clock;
  /** How long bytes may wait for others, ms: longer where many turns are recorded at once. */
  readonly paceMs: () => number;
  readonly leaseMs: number;
}

/** How often records are written at the most, all that have waited long enough together, ms. */
const writeStepMs = 100;
/** How often leases are looked after. */
const renewStepMs = 1000;

/**
 * Writes a turn into the ledger while it is made: its bytes piece by piece, so that a crash leaves what
 * there was, and then how it ended. Nobody waits for it but the effects of its run. Where the ledger
 * cannot be written, the turn passes unrecorded.
 */
export class TurnRecord {
  readonly id: string;
  readonly tenant: string;
  readonly run: string | null;
  readonly #ports: RecordPorts;
  readonly #fence: Fence;
  readonly #output: TurnOutput;
  readonly #stopRenewing: () => void;
  #renewal: NodeJS.Timeout | null = null;
  readonly #addresses: string[] = [];
  #position = 0;
  #written = 0;
  #hasHead = false;
  #timer: NodeJS.Timeout | null = null;
  /** When it was written last, or began to be. */
  #flushedAtMs = -Infinity;
  #writing: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;
  #isLost = false;

  constructor(ports: RecordPorts, { id, tenant, run, epoch, nonce }: ClaimRecord, output: TurnOutput) {
    this.id = id;
    this.tenant = tenant;
    this.run = run;
    this.#ports = ports;
    this.#fence = { id, epoch, nonce };
    this.#output = output;
    this.#stopRenewing = ports.clock.every(ports.leaseMs / 3, () => this.#renewSoon());
  }

  /** Bytes that need not be kept for this record. */
  get position(): number {
    return this.#isLost ? Infinity : this.#written;
  }

  /** There is more to write, or the answer has ended. */
  more(): void {
    if (!this.#output.running) void this.written();
    else if (!this.#isLost) this.#timer ??= setTimeout(() => void this.#flush(), this.#untilWriteMs());
  }

  #untilWriteMs(): number {
    const nowMs = this.#ports.clock.now();
    const paceMs = this.#ports.paceMs();
    const stepMs = this.#stepMs;
    const atMs = sharedMoment(Math.max(nowMs, this.#flushedAtMs + paceMs), stepMs);
    // A clock that was set back must not keep it waiting.
    return Math.min(atMs - nowMs, paceMs + stepMs);
  }

  get #stepMs(): number {
    return Math.min(this.#ports.paceMs(), writeStepMs);
  }

  /** Resolves once all that there is by now is written, its end too, or cannot be. */
  written(): Promise<void> {
    if (this.#output.running) return this.#flush();
    this.#ending ??= this.#end();
    return this.#ending;
  }

  #flush(): Promise<void> {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    this.#flushedAtMs = momentMeant(this.#ports.clock.now(), this.#stepMs);
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #end(): Promise<void> {
    await this.#flush();
    this.#endLease();
    if (this.#isLost) return;
    try {
      await this.#ports.ledger.settle(this.#fence, this.#settlement());
    } catch (cause) {
      this.#lose(cause);
    }
  }

  /** Its client has it. */
  async delivered(): Promise<void> {
    await this.written();
    if (this.#isLost) return;
    try {
      await this.#ports.ledger.markDelivered(this.id);
    } catch (cause) {
      // The worst that follows is that an equal request is taken for a retry.
      this.#ports.log.warn("delivery not recorded", { turn: this.id, cause });
    }
  }

  #settlement(): Settlement {
    const { head, failure, ended, isAnswer } = this.#output;
    if (head === null) return { state: "not-sent", reason: reasonOf(failure) };
    const answer: RecordedAnswer = {
      ...recordable(head.status, [...head.headers, ...[...this.#output.notes].flat()]),
      body: this.#addresses,
    };
    if (isAnswer) {
      return { state: "done", answer: { ...answer, extent: "whole" } };
    }
    // What was refused, or broke off, is no answer: it is free to be asked for again.
    return { state: "declined", answer, reason: ended ? `HTTP ${head.status}` : reasonOf(failure) };
  }

  async #write(): Promise<void> {
    if (this.#isLost) return;
    const { head, recording } = this.#output;
    if (head === null) return;
    try {
      // Asked for at once, so that the first piece shares its commit.
      const begun = this.#hasHead ? null : this.#put(writtenHead(head), "head");
      this.#hasHead = true;
      const bytes = Buffer.concat(recording.from(this.#position));
      this.#position += bytes.length;
      for (let at = 0; at < bytes.length; at += blobBytesMax) {
        const place = this.#addresses.length;
        const put = this.#put(bytes.subarray(at, at + blobBytesMax), place);
        const [address] = await Promise.all([put, begun]);
        this.#addresses.push(address);
      }
      await begun;
      this.#written = this.#position;
    } catch (cause) {
      this.#lose(cause);
    }
  }

  #put(bytes: Uint8Array, place: number | "head"): Promise<string> {
    const making = { ...this.#fence, tenant: this.tenant };
    return this.#ports.ledger.put(this.tenant, bytes, pieceAddress(making, place));
  }

  /** A moment later, together with others. */
  #renewSoon(): void {
    const { clock, leaseMs } = this.#ports;
    const nowMs = clock.now();
    const ms = sharedMoment(nowMs, Math.min(leaseMs / 6, renewStepMs)) - nowMs;
    this.#renewal ??= setTimeout(() => void this.#renew(), ms);
  }

  async #renew(): Promise<void> {
    this.#renewal = null;
    try {
      if (await this.#ports.ledger.renew(this.#fence, this.#ports.leaseMs)) return;
      this.#lose(new Error("another one has its claim"));
    } catch (cause) {
      this.#ports.log.warn("lease not renewed", { turn: this.id, cause });
    }
  }

  #endLease(): void {
    this.#stopRenewing();
    clearTimeout(this.#renewal ?? undefined);
  }

  #lose(cause: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#endLease();
    clearTimeout(this.#timer ?? undefined);
    this.#output.noteUnrecorded();
    this.#ports.log.warn("a turn is not recorded", { turn: this.id, cause });
  }
}

function reasonOf(failure: unknown): string {
  return failure instanceof LongstopError ? failure.message : "It broke off before it was whole.";
}
