import { LongstopError } from "../../exchange/error.ts";
import type { WholeAnswer } from "../../protocols/protocol.ts";
import { answerTooLarge } from "../answer-body.ts";
import type { AnswerTarget } from "../answer-target.ts";
import { headerOf } from "../upstream-headers.ts";
import { isSuccess } from "../whole-answer.ts";
import { type AnswerForm, type AnswerHead, type AskedForm, isStream } from "./answer-form.ts";
import type { Aside } from "./aside.ts";
import { TurnBytes } from "./turn-bytes.ts";
import type { Recorder, TurnWatcher } from "./turn-watchers.ts";

/**
 * The answer to a model's exchange while it is made: whoever comes for it reads it from its beginning. The
 * work on it goes on until it is stopped, whether or not somebody reads.
 */
export class TurnOutput implements AnswerTarget {
  readonly notes = new Map<string, string>();
  /** Told of every byte, and of the end: whoever writes it down, and has so many bytes of it. */
  recorder: Recorder | null = null;
  /** What came and was not shown, where it is written down. */
  aside: Aside | null = null;
  brokeOff = false;
  /** Says of a content type and a body whether that is a whole answer. Null: whoever writes it knows. */
  isWhole: ((contentType: string, body: string) => boolean) | null = null;
  /** True while nobody is to see any of it yet. */
  isHeld = false;
  /** Resolves once no more comes, well or not. */
  readonly over: Promise<void>;
  readonly #asked: AskedForm;
  readonly recording: TurnBytes;
  readonly #bytesMax: number;
  #head: AnswerHead | null = null;
  #state: "running" | "ended" | "failed" = "running";
  #failure: unknown = null;
  #watchers: readonly TurnWatcher[] = [];
  /** The recorder was told that there is more, and has not written since. */
  #isToldOf = false;
  #waiting: (() => void)[] = [];
  #leaveReason: Error | null = null;
  #onLeave: ((reason: Error) => void)[] = [];
  readonly #isOver = Promise.withResolvers<void>();

  /**
   * `grew` hears of bytes that are kept, and of those that are let go. `bytesMax` bounds what is put together
   * again: more ends the work on it.
   */
  constructor(asked: AskedForm, grew: (bytes: number) => void = () => {}, bytesMax = Infinity) {
    this.#asked = asked;
    this.recording = new TurnBytes(grew);
    this.over = this.#isOver.promise;
    this.#bytesMax = bytesMax;
  }

  /** The form in which it is written. Until the first lines are there: that in which it was asked for. */
  get form(): AnswerForm {
    if (this.#asked !== "auto") return this.#asked;
    return this.#head === null || isStream(this.#head) ? "stream" : "whole";
  }

  get isRebuilt(): boolean {
    return this.#asked === "auto" && this.form === "stream";
  }

  /**
   * True where who asks for this form gets the very bytes. A stream that nobody asked for tells more than
   * some clients can read, so it is for none as it is.
   */
  givesBytesTo(form: AnswerForm): boolean {
    return this.form === form && !this.isRebuilt;
  }

  get partial(): string | null {
    return this.recorder?.partial ?? null;
  }

  get head(): AnswerHead | null {
    return this.#head;
  }

  /** True once all of it was written, well or not. */
  get ended(): boolean {
    return this.#state === "ended";
  }

  /** True where the model's answer is there whole: no refusal, and nothing that ended in an error. */
  get isAnswer(): boolean {
    return this.ended && !this.brokeOff && this.#head !== null && isSuccess(this.#head.status);
  }

  /** False once what everybody has is let go: nobody can read it from its beginning any more. */
  get isKept(): boolean {
    return this.recording.isKept;
  }

  /** Has all of it here, now and from now on. False where it cannot be read any more: it is let go then. */
  fetchBack(): Promise<boolean> {
    return this.recording.fetchBack(this.recorder);
  }

  /** More of it is written down: what everybody has of that is let go, where there is much and it can be. */
  written(): void {
    this.#isToldOf = false;
    if (this.recorder !== null && this.recorder.position < this.recording.length) this.#tellRecorder();
    if (this.isKept && this.recording.areMany && this.#canBeReadBack) this.#trim();
  }

  /** Lets go of what everybody has, now and from now on. */
  letGo(): void {
    this.recording.letGo();
    this.#trim();
  }

  /** Why the work on it failed, or null. */
  get failure(): unknown {
    return this.#failure;
  }

  get running(): boolean {
    return this.#state === "running";
  }

  get started(): boolean {
    return this.#head !== null;
  }

  get closed(): boolean {
    return this.#state !== "running" || (this.left && !this.isCancelled);
  }

  /** True once it was stopped. */
  get left(): boolean {
    return this.#leaveReason !== null;
  }

  /** True where it was stopped for a reason that is told whoever waits for it. */
  get isCancelled(): boolean {
    return this.#leaveReason instanceof LongstopError;
  }

  /** Why it was stopped, or null. */
  get leaveReason(): Error | null {
    return this.#leaveReason;
  }

  onLeave(listener: (reason: Error) => void): void {
    if (this.#leaveReason === null) this.#onLeave.push(listener);
    else listener(this.#leaveReason);
  }

  /** Ends the work on it: nobody comes for it any more, or it must not go on. */
  stop(reason: Error): void {
    if (this.#leaveReason !== null || this.#state !== "running") return;
    this.#leaveReason = reason;
    const listeners = this.#onLeave;
    this.#onLeave = [];
    for (const listener of listeners) listener(reason);
    this.#wake();
  }

  /** Shows it to nobody before something is known, which must not reject. */
  holdUntil(known: Promise<unknown>): void {
    this.isHeld = true;
    void known.then(() => this.#show());
  }

  #show(): void {
    this.isHeld = false;
    this.#tell();
  }

  watch(watcher: TurnWatcher): void {
    this.#watchers = [...this.#watchers, watcher];
  }

  unwatch(watcher: TurnWatcher): void {
    this.#watchers = this.#watchers.filter((one) => one !== watcher);
    this.#wake();
  }

  /** A watcher can take more. */
  eased(): void {
    this.#wake();
  }

  noteUnrecorded(): void {
    this.notes.set("longstop-recorded", "false");
  }

  writeHead(status: number, headers: readonly string[]): void {
    this.#head = { status, headers, isDocument: false };
  }

  /** Begins the answer with what was begun elsewhere. The headers do not tell its length any more. */
  resume(head: Omit<AnswerHead, "isDocument">): void {
    this.#head = { ...head, isDocument: false };
    if (this.form === "whole") this.#head = { ...head, isDocument: true };
    this.#tell();
  }

  flushHead(): void {
    this.#tell();
  }

  write(bytes: Uint8Array): boolean {
    const { recording } = this;
    recording.append(bytes);
    this.#tell(bytes);
    if (!recording.isKept) this.#trim();
    if (recording.length > this.#bytesMax && this.isRebuilt) this.stop(answerTooLarge(this.#bytesMax));
    return !this.#isFull;
  }

  drained(): Promise<void> {
    if (!this.#isFull || this.left) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  keepAlive(comment: Uint8Array): void {
    for (const watcher of this.#watchers) watcher.keepAlive(comment);
  }

  async end(last?: Uint8Array): Promise<void> {
    if (this.#state !== "running") return;
    if (last !== undefined) this.recording.appendLast(last);
    if (this.#isCut) this.brokeOff = true;
    this.#state = "ended";
    this.#isOver.resolve();
    const reading = this.#watchers.map(({ done }) => done);
    this.#tell();
    await Promise.allSettled(reading);
  }

  sendWhole(status: number, headers: readonly string[], body: Uint8Array | string): Promise<void> {
    this.#head = { status, headers, isDocument: true };
    return this.end(typeof body === "string" ? Buffer.from(body) : body);
  }

  sendAnswer({ status, headers, body }: WholeAnswer): Promise<void> {
    return this.sendWhole(status, Object.entries(headers).flat(), body);
  }

  /** Whoever calls this says why in what the work on the answer throws, and that is what readers are told. */
  destroy(): void {
    this.brokeOff = true;
  }

  /** No more comes. The first reason counts. */
  fail(thrown: unknown): void {
    if (this.#state !== "running") return;
    this.#state = "failed";
    this.#failure = thrown;
    this.#isOver.resolve();
    this.recorder?.more();
    for (const watcher of this.#watchers) watcher.failed(thrown);
    this.#wake();
  }

  /** It ends well on the wire, and lacks its end all the same. */
  get #isCut(): boolean {
    const [head, isWhole] = [this.#head, this.isWhole];
    if (isWhole === null || !this.isKept || head === null || !isSuccess(head.status)) return false;
    return !isWhole(headerOf(head.headers, "content-type") ?? "", this.recording.text());
  }

  /** One that reads is enough to go on; who is behind reads what is recorded. */
  get #isFull(): boolean {
    for (const { isFull } of this.#watchers) if (!isFull) return false;
    return this.#watchers.length > 0;
  }

  #trim(): void {
    const positions = this.#watchers.map(({ position }) => position);
    this.recording.forget(Math.min(this.recorder?.position ?? Infinity, ...positions));
  }

  /** True for a stream whose beginning nobody needs here: who comes for it later has it from the ledger. */
  get #canBeReadBack(): boolean {
    if (this.isWhole !== null || this.recorder?.isReadable !== true) return false;
    return this.givesBytesTo("stream") || this.givesBytesTo("list");
  }

  #tellRecorder(): void {
    this.#isToldOf = this.recorder !== null;
    this.recorder?.more();
  }

  #tell(piece?: Uint8Array): void {
    if (!this.#isToldOf || !this.running) this.#tellRecorder();
    for (const watcher of this.#watchers) watcher.more(piece);
  }

  #wake(): void {
    if (this.#waiting.length === 0 || (this.#isFull && !this.left)) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
