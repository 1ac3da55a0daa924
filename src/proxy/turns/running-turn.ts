import { type Clock, later } from "../clock.ts";
import type { Inbound } from "../inbound.ts";
import type { TurnSettings } from "../settings.ts";
import type { TurnRecord } from "./turn-record.ts";
import { type AnswerForm, TurnOutput } from "./turn-output.ts";
import { TurnReader, type Waited, type Wanted } from "./turn-reader.ts";

/** Where a turn stands with those who want it. */
export interface TurnPlace {
  /** Equal for requests that ask the same of the same model, by the same caller. */
  readonly key: string;
  /** True in a run that its client named: it may come back after more than a moment. */
  readonly explicit: boolean;
  readonly attempt: string | null;
  /** How the one that began it asks for the answer. */
  readonly form: AnswerForm;
  /** The exchange that began it: what the log has it by. */
  readonly exchange: string;
  /** Which making of which record in the ledger it is (`makingOf`); left out, it has none. */
  readonly record?: string;
}

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
  readonly #settings: TurnSettings;
  readonly #ports: TurnPorts;
  readonly #readers = new Set<TurnReader>();
  /** Somebody was handed a part of the answer, or all of it. */
  #begun = false;
  #delivered = false;
  #isOver = false;
  /** Ends its grace, where it waits for somebody. */
  #endGrace: (() => void) | null = null;

  constructor(place: TurnPlace, settings: TurnSettings, ports: TurnPorts) {
    this.place = place;
    this.#settings = settings;
    this.#ports = ports;
    this.output = new TurnOutput(place.form, ports.grew);
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
    const reader = new TurnReader(this.output, client, wanted, replayed);
    this.#readers.add(reader);
    this.output.watch(reader);
    const { failure } = this.output;
    if (failure !== null) reader.failed(failure);
    else reader.more();
    try {
      const waited = await reader.done;
      if (waited === "answered") {
        this.#delivered = true;
        // Until that is known, an equal request must not take the answer for one that nobody got.
        await this.record?.delivered();
      }
      return waited;
    } finally {
      this.#readers.delete(reader);
      this.#begun ||= reader.begun;
      this.#left();
    }
  }

  /** Does the work on it. Never rejects: what it fails with, those hear who read it. */
  async make(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      // An answer that was given up in the middle is not whole, whatever was done about it.
      if (this.output.running) this.output.fail(new Error("the answer was given up"));
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
    const { graceMs, streamGraceMs } = this.#settings;
    const ms = this.output.running && this.#begun && !this.place.explicit ? streamGraceMs : graceMs;
    this.#endGrace?.();
    if (ms === 0) this.giveUp();
    else this.#endGrace = later(this.#ports.clock, ms, () => this.giveUp());
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
