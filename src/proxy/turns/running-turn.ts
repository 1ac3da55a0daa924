import { type Clock, later } from "../clock.ts";
import type { Inbound } from "../inbound.ts";
import type { TurnSettings } from "../settings.ts";
import type { TurnOrigin } from "./given-up.ts";
import { partialHeader } from "./partial-note.ts";
import type { Making } from "./turn-pieces.ts";
import type { TurnRecord } from "./turn-record.ts";
import type { AskedForm } from "./answer-form.ts";
import { TurnOutput } from "./turn-output.ts";
import { TurnReader, type Waited, type Wanted } from "./turn-reader.ts";

/** Where a turn stands with those who want it. */
export interface TurnPlace {
  /** Equal for requests that ask the same of the same model, by the same caller. */
  readonly key: string;
  /** True in a run that its client named: it may come back after more than a moment. */
  readonly explicit: boolean;
  readonly attempt: string | null;
  /** How its upstream is asked for the answer. */
  readonly form: AskedForm;
  /** Bytes of an answer that is put together again, at most; left out, there is no bound. */
  readonly bytesMax?: number;
  /** The exchange that began it: what the log has it by. */
  readonly exchange: string;
  /** Who asked what; left out, it is made elsewhere. */
  readonly origin?: TurnOrigin;
  /** True where no other request is equal, not even its own retry. */
  readonly isAlone?: true;
  /** Which making of which record in the ledger it is; left out, it has none. */
  readonly record?: Pick<Making, "id" | "epoch">;
}

/** How long a turn waits for who may come, and how much of all is kept. */
export type Patience = Pick<TurnSettings, "mode" | "graceMs" | "streamGraceMs" | "keptBytesMax">;

/** What a turn tells of itself. */
export interface TurnPorts {
  /** Nobody can come for it any more. */
  readonly over: (turn: RunningTurn) => void;
  /** Its client was gone, and nobody came in time: the work on it is given up. */
  readonly orphaned: (turn: RunningTurn) => void;
  /** So many bytes more of it are kept, or fewer. */
  readonly grew: (bytes: number) => void;
  readonly clock: Pick<Clock, "sleep">;
}

/** One turn of a model that is being made, or that was made and nobody has got yet. */
export class RunningTurn {
  readonly place: TurnPlace;
  readonly output: TurnOutput;
  /** Null where nothing of it is written down. */
  record: TurnRecord | null = null;
  /** Somebody was told to come for it, and is on the way. */
  taken = false;
  /** How many came for it as a retry of somebody who is still here. */
  retries = 0;
  readonly #settings: Patience;
  readonly #ports: TurnPorts;
  readonly #readers = new Set<TurnReader>();
  /** Somebody was handed a part of the answer, or all of it. */
  #begun = false;
  #delivered = false;
  #isOver = false;
  /** Ends its grace, where it waits for somebody. */
  #endGrace: (() => void) | null = null;

  constructor(place: TurnPlace, settings: Patience, ports: TurnPorts) {
    this.place = place;
    this.#settings = settings;
    this.#ports = ports;
    this.output = new TurnOutput(place.form, ports.grew, place.bytesMax);
  }

  /** How many wait for it. */
  get readers(): number {
    return this.#readers.size;
  }

  /** True where whoever it was for is gone before they had it. */
  get isOrphan(): boolean {
    return this.#isLeft && !this.taken && this.output.isKept && this.record?.isHeld !== false;
  }

  /** There is something to come for, and nobody is here for it. */
  get #isLeft(): boolean {
    if (this.#readers.size > 0 || this.#delivered || this.#isOver) return false;
    return this.output.running || this.output.isAnswer;
  }

  get delivered(): boolean {
    return this.#delivered;
  }

  /** Hands all of it to a client, from the start. Rejects with what the work on it failed with. */
  async read(client: Inbound, wanted: Wanted, replayed: boolean): Promise<Waited> {
    this.#endGrace?.();
    this.#endGrace = null;
    this.taken = false;
    const goesOn = (one: TurnReader): boolean => this.#goesOnWithout(one);
    const reader = new TurnReader(this.output, client, wanted, replayed, goesOn);
    this.#readers.add(reader);
    try {
      const waited = await reader.read();
      if (waited === "answered") {
        this.#delivered = true;
        // Until that is known, an equal request must not take the answer for one that nobody got.
        await this.record?.delivered();
      }
      return waited;
    } catch (thrown) {
      await this.record?.written();
      const partial = this.record?.partial ?? null;
      if (partial !== null) client.notes.set(partialHeader, partial);
      throw thrown;
    } finally {
      this.#readers.delete(reader);
      this.#begun ||= reader.begun;
      if (reader.gaveUp && this.#readers.size === 0 && !this.#isOver) this.giveUp();
      else this.#left();
    }
  }

  /** Does the work on it. Never rejects: what it fails with, those hear who read it. */
  async make(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      // An answer that was given up in the middle is not whole, whatever was done about it.
      const given = this.output.leaveReason ?? new Error("the answer was given up");
      if (this.output.running) this.output.fail(given);
    } catch (thrown) {
      this.output.fail(thrown);
    }
    this.#left();
  }

  /** Somebody left, or the work has ended. */
  #left(): void {
    if (this.#isOver || this.#readers.size > 0) return;
    if (!this.#isLeft) return this.#end();
    if (!this.output.isKept && this.record === null) return this.giveUp();
    const ms = this.#graceMs(this.#begun);
    this.#endGrace?.();
    if (ms === 0) this.giveUp();
    else this.#endGrace = later(this.#ports.clock, ms, () => this.giveUp());
  }

  /** How long it waits for somebody who was handed a part of it (`begun`), or nothing, to come again. */
  #graceMs(begun: boolean): number {
    const { graceMs, streamGraceMs } = this.#settings;
    return this.output.running && begun && !this.place.explicit ? streamGraceMs : graceMs;
  }

  /** True where the retry of this reader would get it, should it be gone now. */
  #goesOnWithout(reader: TurnReader): boolean {
    if (this.place.isAlone === true) return false;
    // What another gateway makes goes on there.
    if (this.record === null && this.place.record !== undefined) return true;
    const canBeRead = this.output.isKept || this.record !== null;
    return this.#settings.mode === "enforce" && canBeRead && this.#graceMs(this.#begun || reader.begun) > 0;
  }

  /** Nobody comes for it in time, or nobody could. */
  giveUp(): void {
    this.#endGrace = null;
    if (this.output.running) {
      this.#ports.orphaned(this);
      this.output.stop(new Error("the client closed the connection"));
    }
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endGrace?.();
    // Until it is written down how it ended, an equal request must find that it was there.
    if (this.record === null) this.#ports.over(this);
    else void this.record.written().then(() => this.#ports.over(this));
  }
}
