import { LongstopError } from "../../exchange/error.ts";
import type { Prompt } from "../../exchange/prompt.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import type { TurnForms } from "../../protocols/turn-forms.ts";
import type { Deadline, PassedLimit } from "../deadlines/deadline.ts";
import { lateError, type LateTelling } from "../deadlines/end-at-deadline.ts";
import type { Inbound } from "../inbound.ts";
import { pairs } from "../upstream-headers.ts";
import { isSuccess } from "../whole-answer.ts";
import { lastWords } from "./last-words.ts";
import { partialComment, partialHeader } from "./partial-note.ts";
import type { AnswerForm, AnswerHead } from "./answer-form.ts";
import type { TurnOutput } from "./turn-output.ts";
import type { TurnWatcher } from "./turn-watchers.ts";

/** How a client wants an answer, and who can write one of the other form so. */
export interface Wanted {
  readonly form: AnswerForm;
  readonly prompt: Prompt;
  readonly forms: TurnForms;
  /** How long it waits, and what it is told then; null: as long as it takes. */
  readonly until: Until | null;
}

interface Until extends Pick<LateTelling, "mode" | "log"> {
  readonly deadline: Deadline;
  readonly words: Pick<Protocol, "refuse" | "openReader" | "openWriter">;
}

/**
 * What became of a client's wait.
 * - `answered`: it has all of the answer, as far as can be known
 * - `gone`: it left before
 * - `other-form`: the answer has something that has no place in the form that this client wants
 * - `let-go`: its beginning cannot be read any more
 */
export type Waited = "answered" | "gone" | "other-form" | "let-go";

/** One client that waits for a turn. It gets all of it from the start, whenever it came. */
export class TurnReader implements TurnWatcher {
  readonly done: Promise<Waited>;
  /** True once it was handed a byte of the answer. */
  begun = false;
  /** True once its client was told that the work on the turn ends, because nobody could come for it. */
  gaveUp = false;
  readonly #output: TurnOutput;
  readonly #client: Inbound;
  readonly #wanted: Wanted;
  readonly #isReplayed: boolean;
  readonly #goesOn: (reader: TurnReader) => boolean;
  readonly #outcome = Promise.withResolvers<Waited>();
  #position = 0;
  #isFull = false;
  #isOver = false;
  #isWritten = false;
  /** It has the head and all bytes that came so far, as they were written. */
  #isFlowing = false;
  /** False while the beginning of the answer is fetched. */
  #isReady = false;

  /**
   * `replayed`: it is not the one that began the turn, and is told so. `goesOn`: whether the turn is still
   * made once this reader is gone, so that its retry can get it.
   */
  constructor(
    output: TurnOutput,
    client: Inbound,
    wanted: Wanted,
    replayed: boolean,
    goesOn: (reader: TurnReader) => boolean = () => false,
  ) {
    this.#goesOn = goesOn;
    this.#output = output;
    this.#client = client;
    this.#wanted = wanted;
    this.#isReplayed = replayed;
    this.done = this.#outcome.promise;
    // Whoever waits for `done` hears of a failure; that nobody does is no fault of its own.
    this.done.catch(() => {});
    client.onLeave((reason) => {
      // One that is cancelled has somebody to be told.
      if (reason instanceof LongstopError) this.failed(reason);
      else this.#finish("gone");
    });
    wanted.until?.deadline.onPassed((limit) => this.#late(limit));
  }

  get position(): number {
    return this.#position;
  }

  get isFull(): boolean {
    return this.#isFull;
  }

  /** Reads all of it. Rejects with what the work on it failed with. */
  read(): Promise<Waited> {
    void this.#begin();
    return this.done;
  }

  async #begin(): Promise<void> {
    if (this.#isOver) return;
    // From here on nothing of it is let go that is still here.
    this.#output.watch(this);
    if (this.#isReplayed && !(await this.#output.fetchBack())) return this.#finish("let-go");
    this.#isReady = true;
    const { failure } = this.#output;
    if (failure === null) this.more();
    else this.failed(failure);
  }

  more(piece?: Uint8Array): void {
    const { head, recording, brokeOff } = this.#output;
    // Nearly always: one more piece for who has all that came before it.
    const isNext = piece !== undefined && this.#position + piece.byteLength === recording.length;
    if (isNext && this.#isFlowing && !brokeOff && !this.#isOver && !this.#isFull) {
      this.#hand(piece);
      return;
    }
    if (this.#isOver || !this.#isReady || head === null || this.#output.isHeld) return;
    // What is no answer of a model, such as a refusal, is the same document in both forms.
    if (this.#output.givesBytesTo(this.#wanted.form) || !isSuccess(head.status)) this.#copy(head);
    else if (this.#output.ended) this.#rewrite(head);
  }

  failed(thrown: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#output.unwatch(this);
    this.#outcome.reject(thrown);
  }

  keepAlive(comment: Uint8Array): void {
    if (this.#client.started && !this.#isOver) this.#client.keepAlive(comment);
  }

  /** The bytes as they were written first. */
  #copy(head: AnswerHead): void {
    if (this.#isFull || this.#awaitsRecord()) return;
    if (head.isDocument) {
      if (this.#output.ended) this.#send(head.status, head.headers, this.#output.recording.whole());
      return;
    }
    if (!this.#client.started) {
      this.#tellNotes();
      this.#client.writeHead(head.status, head.headers);
      // Headers leave with the first bytes, or by themselves where those take their time.
      if (this.#output.recording.length === 0) this.#client.flushHead();
    }
    for (const piece of this.#output.recording.from(this.#position)) if (!this.#hand(piece)) return;
    this.#isFlowing = true;
    if (this.#output.ended) this.#end(this.#client.end());
  }

  /** False where the client cannot take more for now. */
  #hand(piece: Uint8Array): boolean {
    this.#position += piece.byteLength;
    this.begun = true;
    if (this.#client.write(piece)) return true;
    this.#isFull = true;
    void this.#client.drained().then(() => this.#eased());
    return false;
  }

  /**
   * True while the error that ends an answer must wait: a client that hears of it asks again at once, and its
   * retry must find written what became of this one.
   */
  #awaitsRecord(): boolean {
    const { brokeOff, ended, recorder } = this.#output;
    if (!brokeOff || recorder === null || this.#isWritten) return false;
    if (ended) void this.#goOnAfter(recorder.written());
    return true;
  }

  async #goOnAfter(writing: Promise<void>): Promise<void> {
    await writing;
    this.#isWritten = true;
    this.more();
  }

  #eased(): void {
    this.#isFull = false;
    this.#output.eased();
    this.more();
  }

  /** The same answer in the form that this client asked for. */
  #rewrite({ status, headers }: AnswerHead): void {
    const { form } = this.#wanted;
    const body = this.#rewritten();
    if (body === null) return this.#finish("other-form");
    this.#send(status, headersOf(headers, form), body);
  }

  #rewritten(): string | null {
    const { form, forms, prompt } = this.#wanted;
    // Nobody but who asks by hand waits for a list, and a request of its own serves that one too.
    if (form === "list") return null;
    const text = this.#output.recording.text();
    const whole = this.#output.form === "whole" ? text : forms.wholeOf(text);
    return form === "whole" || whole === null ? whole : forms.streamOf(whole, prompt);
  }

  #send(status: number, headers: readonly string[], body: Uint8Array | string): void {
    this.#tellNotes();
    this.begun = true;
    this.#end(this.#client.sendWhole(status, headers, body));
  }

  #end(handedOver: Promise<void>): void {
    this.#isOver = true;
    void this.#finishAfter(handedOver);
  }

  async #finishAfter(handedOver: Promise<void>): Promise<void> {
    // What follows an answer, such as the end of a run, must know that it was none.
    this.#client.brokeOff = this.#output.brokeOff;
    await handedOver;
    this.#isOver = false;
    this.#finish(this.#client.left ? "gone" : "answered");
  }

  /** Its client must not wait any longer. It is told so, and counts as one that is gone before its answer. */
  #late(limit: PassedLimit): void {
    const { until } = this.#wanted;
    // What has ended and begun to leave is its client's to read.
    const isLeaving = this.#client.started && this.#output.ended;
    if (this.#isOver || until === null || isLeaving) return;
    const { deadline, words } = until;
    const client = this.#client;
    const work = this.#goesOn(this) ? "goes-on" : "ends";
    const error = lateError({ ...until, inbound: client }, limit, deadline.limits, work);
    if (error === null) return;
    this.gaveUp = work === "ends";
    const { partial } = this.#output;
    if (!client.started) {
      if (partial !== null) client.notes.set(partialHeader, partial);
      return client.dismiss(() => void client.sendAnswer(words.refuse(error, client.id)));
    }
    void this.#breakOff(words, error);
  }

  /** Ends what its client has a part of with an event that says why. */
  async #breakOff(words: Until["words"], error: LongstopError): Promise<void> {
    const client = this.#client;
    // That goes on from all that its client has.
    await this.#output.fetchBack();
    if (this.#isOver) return;
    const { partial, recording } = this.#output;
    const last = lastWords(words, recording, this.#position, error);
    if (last === null) return client.destroy();
    client.brokeOff = true;
    if (partial !== null) client.write(partialComment(partial));
    client.dismiss(() => void client.end(last));
  }

  #finish(waited: Waited): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#output.unwatch(this);
    this.#outcome.resolve(waited);
  }

  #tellNotes(): void {
    if (this.#isReplayed) this.#client.notes.set("longstop-replayed", "true");
    for (const [name, value] of this.#output.notes) this.#client.notes.set(name, value);
  }
}

const ofTheForm = new Set(["content-type", "content-length", "cache-control", "transfer-encoding"]);

function headersOf(headers: readonly string[], form: AnswerForm): readonly string[] {
  const kept = [...pairs(headers)].filter(([name]) => !ofTheForm.has(name.toLowerCase())).flat();
  return form === "whole"
    ? [...kept, "content-type", "application/json"]
    : [...kept, "content-type", "text/event-stream; charset=utf-8", "cache-control", "no-cache"];
}
