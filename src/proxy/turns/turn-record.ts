import { LongstopError } from "../../exchange/error.ts";
import {
  type ClaimRecord,
  type Fence,
  type Ledger,
  type RecordedAnswer,
  type Settlement,
} from "../../ledger/ledger.ts";
import { recordable } from "../effects/recorded-answer.ts";
import type { Clock } from "../clock.ts";
import { settleLater } from "../effects/settle-later.ts";
import { failpoint } from "../failpoint.ts";
import { momentMeant, sharedMoment, stepFor } from "./shared-moment.ts";
import { AsideWriter, blobsOf } from "./aside-writer.ts";
import { type LeasePorts, TurnLease } from "./turn-lease.ts";
import { type Making, makingId, pieceAddress, writtenHead } from "./turn-pieces.ts";
import type { TurnOutput } from "./turn-output.ts";
import type { Recorder } from "./turn-watchers.ts";

/** What a record is written with. */
export interface RecordPorts extends LeasePorts {
  readonly ledger: Pick<Ledger, "put" | "get" | "settle" | "renew" | "markDelivered" | "keepsOrder">;
  readonly clock: Pick<Clock, "now" | "sleep">;
  /** How long bytes may wait for others, ms: longer where many turns are recorded at once. */
  readonly paceMs: () => number;
  /** Writes down what the turn decides, before it counts as done. Left out, nobody asks. */
  readonly decided?: () => Promise<void>;
}

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
  readonly #writeNow = (): void => void this.#flush();
  readonly #lease: TurnLease;
  /** When it is written next; null where nothing waits. */
  #writeAtMs: number | null = null;
  readonly #addresses: string[] = [];
  /** Where the piece will be that is being written. */
  #nextAddress: string | null = null;
  /** How much was asked to be written. */
  #position = 0;
  #written = 0;
  #hasHead = false;
  readonly #aside: AsideWriter;
  /** When it was written last, or began to be. */
  #flushedAtMs = -Infinity;
  #writing: Promise<void> | null = null;
  #ending: Promise<void> | null = null;
  #isLost = false;
  #alongside: (() => Promise<void>) | null = null;
  #alongsideWork: Promise<void> | null = null;
  #isAlongsideDone = false;

  constructor(ports: RecordPorts, { id, tenant, run, epoch, nonce }: ClaimRecord, output: TurnOutput) {
    this.id = id;
    this.tenant = tenant;
    this.run = run;
    this.#ports = ports;
    this.#fence = { id, epoch, nonce };
    this.#output = output;
    this.#aside = new AsideWriter(output, (bytes, place) => this.#put(bytes, place));
    const lost = (): void => this.#pass(new Error("another one has its claim"));
    this.#lease = new TurnLease(ports, this.#fence, lost);
  }

  /** As a lease has it. */
  get isHeld(): boolean {
    return this.#lease.isHeld;
  }

  /** Bytes that need not be kept for this record: what is being written is the very bytes. */
  get position(): number {
    return this.#isLost && this.#writing === null ? Infinity : this.#written;
  }

  get isReadable(): boolean {
    return !this.#isLost;
  }

  /** Something else to write with the first bytes, and before an effect of its run. It never rejects. */
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
    else if (!this.#isLost && this.#writeAtMs === null) {
      this.#writeAtMs = this.#nextWriteMs();
      this.#ports.moments.join(this.#writeAtMs, this.#writeNow);
    }
  }

  #nextWriteMs(): number {
    const nowMs = this.#ports.clock.now();
    const paceMs = this.#ports.paceMs();
    // A clock that was set back must not keep it waiting.
    const leastMs = Math.min(Math.max(nowMs, this.#flushedAtMs + paceMs), nowMs + paceMs);
    return sharedMoment(leastMs, this.#stepMs);
  }

  #endWait(): void {
    if (this.#writeAtMs !== null) this.#ports.moments.leave(this.#writeAtMs, this.#writeNow);
    this.#writeAtMs = null;
  }

  get #stepMs(): number {
    return stepFor(this.#ports.paceMs());
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
    const { recording } = this.#output;
    if (recording.isHere) return recording.text();
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
    this.#endWait();
    this.#flushedAtMs = momentMeant(this.#ports.clock.now(), this.#stepMs);
    this.#alongsideWork ??= this.#writeAlongside();
    const work = this.#writing?.then(() => this.#write()) ?? this.#write();
    this.#writing = work;
    void this.#forgetWriting(work);
    return work;
  }

  /** What is over need not be kept. */
  async #forgetWriting(work: Promise<void>): Promise<void> {
    await work;
    if (this.#writing === work) this.#writing = null;
  }

  async #writeAlongside(): Promise<void> {
    await this.#alongside?.();
    this.#isAlongsideDone = true;
  }

  async #end(): Promise<void> {
    const writing = this.#writtenSoFar();
    if (!this.#mayEndTogether) await writing;
    await this.#ports.decided?.();
    this.#lease.end();
    if (this.#isLost) return;
    try {
      await failpoint("before-turn-settled");
      const { applied } = await this.#ports.ledger.settle(this.#fence, this.#settlement());
      await writing;
      // Who comes for an answer that lacks its last piece asks for one of its own.
      if (this.#isLost) return;
      if (applied) this.#lease.settled();
      else this.#lease.lose();
      await failpoint("after-turn-settled");
    } catch (cause) {
      this.#lose(cause);
    }
  }

  /** True where all was asked to be written, so that its end may be in the same commit. */
  get #mayEndTogether(): boolean {
    const { ledger, decided } = this.#ports;
    if (ledger.keepsOrder !== true || decided !== undefined || !this.#isAlongsideDone) return false;
    return !this.#aside.hasMore && this.#position === this.#output.recording.length;
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
      body: this.#nextAddress === null ? this.#addresses : [...this.#addresses, this.#nextAddress],
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
      // Each wait is a promise for each turn, several times a second.
      if (this.#aside.hasMore) await this.#aside.writeReleased();
      await this.#writeShown();
      if (this.#aside.hasMore) await this.#aside.write();
    } catch (cause) {
      this.#lose(cause);
    }
  }

  async #writeShown(): Promise<void> {
    const { head, recording } = this.#output;
    // It is told again, then, once there is something.
    if (head === null) return this.#output.written();
    // Asked for at once, so that the first piece shares its commit.
    const begun = this.#hasHead ? null : this.#put(writtenHead(head), "head");
    this.#hasHead = true;
    for (const piece of blobsOf(recording.viewFrom(this.#position))) {
      this.#position += piece.length;
      const place = this.#addresses.length;
      this.#nextAddress = pieceAddress(this.#making, place);
      const put = this.#put(piece, place);
      const [address] = begun === null ? [await put] : await Promise.all([put, begun]);
      if (begun !== null && place === 0) await failpoint("turn-head-written");
      this.#addresses.push(address);
      this.#nextAddress = null;
      await failpoint("turn-piece-written");
    }
    if (begun !== null) await begun;
    this.#written = this.#position;
    this.#output.written();
  }

  get #making(): Making {
    return { ...this.#fence, tenant: this.tenant };
  }

  #put(bytes: Uint8Array, place: Parameters<typeof pieceAddress>[1]): Promise<string> {
    return this.#ports.ledger.put(this.tenant, bytes, pieceAddress(this.#making, place));
  }

  /** It cannot be written. Once the answer is over, nobody need wait for its lease to run out. */
  #lose(cause: unknown): void {
    if (this.#isLost) return;
    this.#pass(cause);
    const unrecorded = { state: "declined", reason: "It could not be recorded." } as const;
    void this.#output.over.then(() => settleLater(this.#ports, this.#fence, unrecorded));
  }

  /** It passes unrecorded. */
  #pass(cause: unknown): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#lease.end();
    this.#endWait();
    this.#output.noteUnrecorded();
    this.#ports.log.warn("a turn is not recorded", { turn: this.id, cause });
  }
}

function reasonOf(failure: unknown): string {
  return failure instanceof LongstopError ? failure.message : "It broke off before it was whole.";
}
