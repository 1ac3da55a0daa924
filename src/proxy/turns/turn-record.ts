import { LongstopError } from "../../exchange/error.ts";
import type { Log } from "../../exchange/log.ts";
import {
  type ClaimRecord,
  type Fence,
  type Ledger,
  type RecordedAnswer,
  type Settlement,
} from "../../ledger/ledger.ts";
import { type Clock, later } from "../clock.ts";
import { recordable } from "../effects/recorded-answer.ts";
import { failpoint } from "../failpoint.ts";
import { momentMeant, sharedMoment } from "./shared-moment.ts";
import { AsideWriter, blobsOf } from "./aside-writer.ts";
import { makingId, pieceAddress, writtenHead } from "./turn-pieces.ts";
import type { TurnOutput } from "./turn-output.ts";
import type { Recorder } from "./turn-watchers.ts";

/** What a record is written with. */
export interface RecordPorts {
  readonly ledger: Pick<Ledger, "put" | "get" | "settle" | "renew" | "markDelivered">;
  readonly log: Log;
  readonly clock: Clock;
  /** How long bytes may wait for others, ms: longer where many turns are recorded at once. */
  readonly paceMs: () => number;
  readonly leaseMs: number;
  /** Writes down what the turn decides, before it counts as done. Left out, nobody asks. */
  readonly decided?: () => Promise<void>;
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
export class TurnRecord implements Recorder {
  readonly id: string;
  readonly tenant: string;
  readonly run: string | null;
  readonly #ports: RecordPorts;
  readonly #fence: Fence;
  readonly #output: TurnOutput;
  readonly #stopRenewing: () => void;
  #endRenewalWait: (() => void) | null = null;
  readonly #addresses: string[] = [];
  #position = 0;
  #written = 0;
  #hasHead = false;
  readonly #aside: AsideWriter;
  /** Ends the wait for more bytes, where it waits. */
  #endWait: (() => void) | null = null;
  /** When it was written last, or began to be. */
  #flushedAtMs = -Infinity;
  #writing: Promise<void> = Promise.resolve();
  #ending: Promise<void> | null = null;
  #isLost = false;
  #alongside: (() => Promise<void>) | null = null;
  #alongsideWork: Promise<void> | null = null;
  /** Until then nobody else makes it. */
  #heldUntilMs: number;

  constructor(ports: RecordPorts, { id, tenant, run, epoch, nonce }: ClaimRecord, output: TurnOutput) {
    this.id = id;
    this.tenant = tenant;
    this.run = run;
    this.#ports = ports;
    this.#fence = { id, epoch, nonce };
    this.#output = output;
    this.#aside = new AsideWriter(output, (bytes, place) => this.#put(bytes, place));
    this.#heldUntilMs = ports.clock.now() + ports.leaseMs;
    this.#stopRenewing = ports.clock.every(ports.leaseMs / 3, () => this.#renewSoon());
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

  get isReadable(): boolean {
    return !this.#isLost;
  }

  /** Something else that is written with the first bytes, and before an effect of its run. It never rejects. */
  alongside(work: () => Promise<void>): void {
    this.#alongside = work;
  }

  get partial(): string | null {
    const { recording, aside } = this.#output;
    const hasBytes = recording.length > 0 || (aside?.recording.length ?? 0) > 0;
    return hasBytes && !this.#isLost ? makingId(this.#fence) : null;
  }

  /** There is more to write, or the answer has ended. */
  more(): void {
    if (!this.#output.running) void this.written();
    else if (!this.#isLost) {
      this.#endWait ??= later(this.#ports.clock, this.#untilWriteMs(), () => void this.#flush());
    }
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
    if (this.#output.running) return this.#writtenSoFar();
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #writtenSoFar(): Promise<void> {
    await Promise.all([this.#flush(), this.#alongsideWork]);
  }

  /** All of the answer so far; null where a part of it is neither in memory nor in the ledger. */
  async text(): Promise<string | null> {
    const { isHere, recording } = this.#output;
    if (isHere) return recording.text();
    await this.#flush();
    if (this.#isLost) return null;
    return (await this.readBack(this.#written))?.toString("utf8") ?? null;
  }

  async readBack(bytes: number): Promise<Buffer | null> {
    try {
      const addresses = [...this.#addresses];
      const pieces = await Promise.all(addresses.map((at) => this.#ports.ledger.get(this.tenant, at)));
      const whole = Buffer.concat(pieces.filter((piece) => piece !== null));
      return pieces.includes(null) || whole.length < bytes ? null : whole.subarray(0, bytes);
    } catch (cause) {
      this.#ports.log.warn("a recorded turn cannot be read", { turn: this.id, cause });
      return null;
    }
  }

  #flush(): Promise<void> {
    this.#endWait?.();
    this.#endWait = null;
    this.#flushedAtMs = momentMeant(this.#ports.clock.now(), this.#stepMs);
    this.#alongsideWork ??= this.#alongside?.() ?? null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #end(): Promise<void> {
    await this.#writtenSoFar();
    await this.#ports.decided?.();
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
    const { head, failure, ended, isAnswer, isCancelled, leaveReason } = this.#output;
    if (head === null) {
      return { state: this.partial === null ? "not-sent" : "declined", reason: reasonOf(failure) };
    }
    const answer: RecordedAnswer = {
      ...recordable(head.status, [...head.headers, ...[...this.#output.notes].flat()]),
      body: this.#addresses,
    };
    if (isAnswer) {
      return { state: "done", answer: { ...answer, extent: "whole" } };
    }
    // What was refused, or broke off, is no answer: it is free to be asked for again.
    const reason = ended && !isCancelled ? `HTTP ${head.status}` : reasonOf(leaveReason ?? failure);
    return { state: "declined", answer, reason };
  }

  async #write(): Promise<void> {
    if (this.#isLost) return;
    try {
      await this.#aside.writeReleased();
      await this.#writeShown();
      await this.#aside.write();
    } catch (cause) {
      this.#lose(cause);
    }
  }

  async #writeShown(): Promise<void> {
    const { head, recording } = this.#output;
    if (head === null) return;
    // Asked for at once, so that the first piece shares its commit.
    const begun = this.#hasHead ? null : this.#put(writtenHead(head), "head");
    this.#hasHead = true;
    const bytes = recording.bytesFrom(this.#position);
    this.#position += bytes.length;
    for (const piece of blobsOf(bytes)) {
      const put = this.#put(piece, this.#addresses.length);
      const [address] = await Promise.all([put, begun]);
      if (begun !== null && this.#addresses.length === 0) await failpoint("turn-head-written");
      this.#addresses.push(address);
      await failpoint("turn-piece-written");
    }
    await begun;
    this.#written = this.#position;
  }

  #put(bytes: Uint8Array, place: Parameters<typeof pieceAddress>[1]): Promise<string> {
    const making = { ...this.#fence, tenant: this.tenant };
    return this.#ports.ledger.put(this.tenant, bytes, pieceAddress(making, place));
  }

  /** A moment later, together with others. */
  #renewSoon(): void {
    const { clock, leaseMs } = this.#ports;
    const nowMs = clock.now();
    const ms = sharedMoment(nowMs, Math.min(leaseMs / 6, renewStepMs)) - nowMs;
    this.#endRenewalWait ??= later(clock, ms, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    this.#endRenewalWait = null;
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

  #endLease(): void {
    this.#stopRenewing();
    this.#endRenewalWait?.();
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

function reasonOf(failure: unknown): string {
  return failure instanceof LongstopError ? failure.message : "It broke off before it was whole.";
}
