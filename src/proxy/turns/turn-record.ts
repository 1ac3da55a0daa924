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
import { type Clock, later } from "../clock.ts";
import { recordable } from "../effects/recorded-answer.ts";
import { failpoint } from "../failpoint.ts";
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
  readonly #endLease: () => void;
  readonly #addresses: string[] = [];
  #position = 0;
  #written = 0;
  #hasHead = false;
  /** Ends the wait for more bytes, where it waits. */
  #endWait: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;
  #isLost = false;
  /** Until then nobody else makes it. */
  #heldUntilMs: number;

  constructor(ports: RecordPorts, { id, tenant, run, epoch, nonce }: ClaimRecord, output: TurnOutput) {
    this.id = id;
    this.tenant = tenant;
    this.run = run;
    this.#ports = ports;
    this.#fence = { id, epoch, nonce };
    this.#output = output;
    this.#heldUntilMs = ports.clock.now() + ports.leaseMs;
    this.#endLease = ports.clock.every(ports.leaseMs / 3, () => void this.#renew());
  }

  /**
   * False where another gateway may have made it anew: this one was stopped for longer than its lease. True
   * again once it is known that nobody has.
   */
  get isHeld(): boolean {
    return this.#ports.clock.now() < this.#heldUntilMs;
  }

  /** Bytes that need not be kept for this record. */
  get position(): number {
    return this.#isLost ? Infinity : this.#written;
  }

  /** There is more to write, or the answer has ended. */
  more(): void {
    if (!this.#output.running) void this.written();
    else if (!this.#isLost) {
      this.#endWait ??= later(this.#ports.clock, this.#ports.paceMs(), () => void this.#flush());
    }
  }

  /** Resolves once all that there is by now is written, its end too, or cannot be. */
  written(): Promise<void> {
    if (this.#output.running) return this.#flush();
    this.#ending ??= this.#end();
    return this.#ending;
  }

  #flush(): Promise<void> {
    this.#endWait?.();
    this.#endWait = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #end(): Promise<void> {
    await this.#flush();
    this.#endLease();
    if (this.#isLost) return;
    try {
      await failpoint("before-turn-settled");
      const { applied } = await this.#ports.ledger.settle(this.#fence, this.#settlement());
      if (applied) this.#heldUntilMs = Infinity;
      else this.#loseClaim();
      await failpoint("after-turn-settled");
    } catch (cause) {
      this.#lose(cause);
    }
  }

  /** Its client has it. */
  async delivered(): Promise<void> {
    await this.written();
    if (this.#isLost) return;
    try {
      await failpoint("before-turn-delivered");
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
      if (!this.#hasHead) {
        this.#hasHead = true;
        await this.#put(writtenHead(head), "head");
        await failpoint("turn-head-written");
      }
      const bytes = Buffer.concat(recording.from(this.#position));
      this.#position += bytes.length;
      for (let at = 0; at < bytes.length; at += blobBytesMax) {
        const place = this.#addresses.length;
        this.#addresses.push(await this.#put(bytes.subarray(at, at + blobBytesMax), place));
        await failpoint("turn-piece-written");
      }
      this.#written = this.#position;
    } catch (cause) {
      this.#lose(cause);
    }
  }

  #put(bytes: Uint8Array, place: number | "head"): Promise<string> {
    const making = { ...this.#fence, tenant: this.tenant };
    return this.#ports.ledger.put(this.tenant, bytes, pieceAddress(making, place));
  }

  async #renew(): Promise<void> {
    try {
      const untilMs = this.#ports.clock.now() + this.#ports.leaseMs;
      if (await this.#ports.ledger.renew(this.#fence, this.#ports.leaseMs)) {
        this.#heldUntilMs = untilMs;
        return;
      }
      this.#loseClaim();
    } catch (cause) {
      this.#ports.log.warn("lease not renewed", { turn: this.id, cause });
    }
  }

  #loseClaim(): void {
    this.#heldUntilMs = -Infinity;
    this.#lose(new Error("another one has its claim"));
  }

  #lose(cause: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#endLease();
    this.#endWait?.();
    this.#output.noteUnrecorded();
    this.#ports.log.warn("a turn is not recorded", { turn: this.id, cause });
  }
}

/**
 * Names one making of a turn. A gateway whose lease ran out may still have what it made, while another one
 * has made the turn anew.
 */
export function makingOf({ id, epoch }: Pick<ClaimRecord, "id" | "epoch">): string {
  return `${id} ${epoch}`;
}

function reasonOf(failure: unknown): string {
  return failure instanceof LongstopError ? failure.message : "It broke off before it was whole.";
}
