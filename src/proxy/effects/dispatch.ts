import { LongstopError } from "../../exchange/error.ts";
import type { ClaimRecord, Fence, RecordedAnswer, Settlement } from "../../ledger/ledger.ts";
import { drained } from "../drained.ts";
import type { Engine } from "../engine.ts";
import type { Inbound } from "../inbound.ts";
import type { Cancelled } from "../running-exchanges.ts";
import type { ToolTarget } from "../settings.ts";
import { answerError, UpstreamFailure, type UpstreamAnswer } from "../upstream.ts";
import { answerHeaders, pairs } from "../upstream-headers.ts";
import { readWithin, type BodyRead } from "./body-read.ts";
import { BodyRecorder } from "./body-recorder.ts";
import { neverLeaves, type Doubtable } from "./effect-cancel.ts";
import { sendJudged } from "./judge-tool.ts";
import { outcomeOf } from "./outcome.ts";
import { outcomeUnknown } from "./outcome-unknown.ts";
import { recordable, storeBody, type StoredBody } from "./recorded-answer.ts";
import { keepLease } from "./lease.ts";
import { problem } from "./problem.ts";
import { settleLater, storeLater } from "./settle-later.ts";
import { failpoint } from "../failpoint.ts";
import type { CallKey } from "./call-key.ts";
import type { KeyedRequest } from "./injection/slot.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** Longest piece of an upstream's own words that an error quotes, in characters. */
const quoteLengthMax = 500;

/**
 * One dispatch of a claimed operation, the first or another one of an operation in doubt. The claim
 * is on disk before the first byte leaves; what the upstream's headers say is on disk before the
 * first byte of the answer leaves. A client that disconnects does not stop it; an operator who cancels it
 * makes it in doubt until it answers.
 */
export class Dispatch implements Doubtable {
  readonly #exchange: ToolExchange;
  readonly #engine: Engine;
  readonly #inbound: Inbound;
  readonly #tool: ToolTarget;
  readonly #record: ClaimRecord;
  readonly #request: KeyedRequest;
  readonly #sent: string;
  #settledLater: Promise<void> | null = null;
  #stopRenewing: () => void = () => {};
  /** Once it was cancelled: whether the doubt came before its outcome. */
  #doubting: Promise<Cancelled> | null = null;

  constructor(exchange: ToolExchange, record: ClaimRecord, key: CallKey) {
    this.#exchange = exchange;
    this.#engine = exchange.engine;
    this.#inbound = exchange.inbound;
    this.#tool = exchange.tool;
    this.#record = record;
    this.#request = key.requestFor(record);
    this.#sent = key.sent;
  }

  /** Dispatches, records and answers. Resolves once the answer was handed over. */
  async run(): Promise<void> {
    this.#stopRenewing = keepLease(this.#engine, this.#fence);
    try {
      await failpoint("before-dispatch");
      const answer = await this.#send();
      this.#exchange.cancel?.ended();
      await failpoint("after-dispatch");
      this.#inbound.timing.upstreamHeaders();
      const outcome = outcomeOf(answer.status, this.#exchange.terms);
      if (outcome === "done") return await this.#done(answer);
      // What refuses this dispatch, a limit or an expired credential, says nothing of an earlier one.
      if (outcome === "declined" && !this.#record.doubted) return await this.#declined(answer);
      throw await this.#doubtful(answer);
    } finally {
      this.#stopRenewing();
    }
  }

  /** Where the outcome could not be written at once: resolves when it was, or is given up. */
  get settledLater(): Promise<void> | null {
    return this.#settledLater;
  }

  /** Cancelled while bytes of it may have reached the tool. */
  doubt(): Promise<Cancelled> {
    return (this.#doubting ??= this.#putInDoubt());
  }

  get #fence(): Fence {
    const { id, epoch, nonce } = this.#record;
    return { id, epoch, nonce };
  }

  async #send(): Promise<UpstreamAnswer> {
    const { headers, path, body } = this.#request;
    this.#inbound.timing.dispatched();
    try {
      return await this.#engine.upstreams.send({
        target: this.#tool,
        method: this.#inbound.method,
        path,
        headers,
        body: body.byteLength === 0 ? null : body,
        signal: this.#exchange.cancel ?? neverLeaves,
        headersMs: this.#exchange.terms.timeoutMs,
        begun: () => this.#exchange.cancel?.leaves(this),
      });
    } catch (thrown) {
      throw await this.#unanswered(thrown);
    }
  }

  async #unanswered(thrown: unknown): Promise<LongstopError> {
    const isUnsent = thrown instanceof UpstreamFailure && thrown.sent === "no";
    if (isUnsent && this.#record.doubted) return this.#inDoubt("this time nothing was sent", thrown);
    if (isUnsent) {
      await this.#settle({ state: "not-sent", reason: thrown.message });
      return thrown.error;
    }
    const why = thrown instanceof UpstreamFailure ? thrown.message : "the dispatch failed";
    return this.#inDoubt(why, thrown);
  }

  async #done(answer: UpstreamAnswer): Promise<void> {
    const recorded = recordable(answer.status, answer.headers);
    const { effectBodyBytesMax } = this.#engine.settings.effects;
    const read = await readWithin(answer, effectBodyBytesMax);
    await failpoint("after-answer");
    if (read.kind === "broken") {
      const reason = "the answer broke off after its headers";
      await this.#settle({ state: "done", reason, answer: recorded });
      throw new LongstopError(
        "answer_incomplete",
        `The operation was executed (${answer.status}), but its answer broke off. It will not be ` +
          `executed again. Operation ${this.#record.id}.`,
        { detail: { operation: this.#record.id, upstreamStatus: answer.status } },
      );
    }
    if (read.kind === "longer") return this.#passLong(answer, recorded, read);
    await this.#store({ state: "done" }, recorded, read.bytes);
    await failpoint("after-outcome");
    await sendJudged(this.#exchange, answer.status, this.#answerHeaders(answer), read.bytes);
  }

  /** A long answer leaves as it comes, recorded on the way; until its end was seen it counts as cut. */
  async #passLong(
    answer: UpstreamAnswer,
    recorded: RecordedAnswer,
    read: Extract<BodyRead, { kind: "longer" }>,
  ): Promise<void> {
    await this.#settle({ state: "done", answer: recorded });
    const { outgoing } = this.#inbound;
    this.#inbound.writeHead(answer.status, answerHeaders(answer.headers, "as-it-came"));
    const { ledger, settings, log } = this.#engine;
    const recorder = new BodyRecorder(ledger, this.#record.tenant, settings.limits.answerBytesMax, log);
    try {
      for await (const chunk of read.chunks()) {
        await recorder.add(chunk);
        if (!this.#inbound.closed && !outgoing.write(chunk)) await drained(outgoing);
      }
    } catch (cause) {
      this.#inbound.destroy();
      throw answerError(cause, this.#tool);
    }
    const body = await recorder.end();
    if (body !== null) await this.#settle({ state: "done", answer: { ...recorded, body, extent: "whole" } });
    if (!this.#inbound.closed)
      await new Promise<void>((resolve) => outgoing.end(resolve).once("close", resolve));
  }

  /** The upstream refused: its own words go to the caller, and the operation is free again. */
  async #declined(answer: UpstreamAnswer): Promise<void> {
    const recorded = recordable(answer.status, answer.headers);
    const { effectBodyBytesMax } = this.#engine.settings.effects;
    const read = await readWithin(answer, effectBodyBytesMax);
    const reason = `the upstream answered ${answer.status}`;
    if (read.kind !== "whole") {
      answer.discard();
      await this.#settle({ state: "declined", reason, answer: recorded });
      throw new LongstopError(
        "upstream_cut",
        `The tool ${this.#tool.name} refused the call (${answer.status}).`,
        { status: answer.status },
      );
    }
    await this.#store({ state: "declined", reason }, recorded, read.bytes);
    await this.#inbound.sendWhole(answer.status, this.#answerHeaders(answer), read.bytes);
  }

  async #doubtful(answer: UpstreamAnswer): Promise<LongstopError> {
    const read = await readWithin(answer, 64 * 1024);
    if (read.kind !== "whole") answer.discard();
    const words = read.kind === "whole" ? quote(read.bytes) : "";
    return this.#inDoubt(`the upstream answered ${answer.status}${words}`, undefined, answer.status);
  }

  async #inDoubt(why: string, cause: unknown, upstreamStatus?: number): Promise<LongstopError> {
    const reason = this.#record.doubted ? `it was dispatched again, and ${why}` : why;
    await this.#settle({ state: "in-doubt", reason });
    this.#engine.log.warn("effect in doubt", {
      operation: this.#record.id,
      tool: this.#tool.name,
      why,
      cause,
    });
    return outcomeUnknown(this.#exchange, { ...this.#record, reason }, this.#sent, upstreamStatus);
  }

  /**
   * Records body and outcome. Without the outcome on disk the caller must not hear "ok"; without
   * the body alone it may, and the body is tried again beside it.
   */
  async #store(
    settlement: Pick<Settlement, "state" | "reason">,
    recorded: RecordedAnswer,
    bytes: Uint8Array,
  ): Promise<void> {
    const store = (): StoredBody => storeBody(this.#engine.ledger, this.#record, bytes);
    const { addresses, stored } = store();
    const answer = { ...recorded, body: addresses, extent: "whole" } as const;
    // Asked for together, they are on disk with one flush; but nobody may see an outcome without its answer.
    if (this.#engine.ledger.keepsOrder !== true) await Promise.allSettled([stored]);
    const settling = this.#settle({ ...settlement, answer }, () => store().stored);
    const [body] = await Promise.allSettled([stored, settling]);
    if (body.status === "rejected") {
      this.#engine.log.warn("answer not recorded", { operation: this.#record.id, cause: body.reason });
    }
    await settling;
    if (body.status === "rejected") void storeLater(this.#engine, this.#record.id, () => store().stored);
  }

  /**
   * Cancelled while the tool may be at work on it: it goes on, and is in doubt until it answers. Its caller
   * is told so now. Where its outcome was faster, that holds.
   */
  async #putInDoubt(): Promise<Cancelled> {
    const { ledger, settings, log } = this.#engine;
    const { id } = this.#record;
    const reason = "it was cancelled by the operator before its answer came";
    this.#stopRenewing();
    try {
      // For so long it may still be at work: what a look-up does not find until then is no proof.
      const leaseMs = settings.effects.leaseSeconds * 1000;
      await ledger.renew(this.#fence, leaseMs + this.#exchange.terms.timeoutMs);
      const { applied } = await ledger.settle(this.#fence, { state: "in-doubt", reason });
      if (!applied) return "ended";
      log.warn("effect in doubt", { operation: id, tool: this.#tool.name, why: reason });
    } catch (cause) {
      // It is in doubt all the same, and counts as running until its answer or its end is written.
      log.warn("doubt not recorded", { operation: id, cause });
      this.#stopRenewing = keepLease(this.#engine, this.#fence);
    }
    const inbound = this.#inbound;
    const error = outcomeUnknown(this.#exchange, { ...this.#record, reason }, this.#sent);
    if (!inbound.started) inbound.dismiss(() => void inbound.sendAnswer(problem(error, inbound.id)));
    return { inDoubt: id };
  }

  async #settle(settlement: Settlement, storeAgain?: () => Promise<unknown>): Promise<void> {
    // What comes late ends the doubt, so the doubt comes first.
    const cancelled = this.#doubting === null ? "ended" : await this.#doubting;
    try {
      const { applied, record } = await this.#engine.ledger.settle(this.#fence, settlement);
      if (cancelled !== "ended") {
        this.#engine.log.info("outcome recorded late", {
          operation: record.id,
          state: record.state,
          applied,
        });
      }
      if (applied) return;
    } catch (cause) {
      this.#settledLater = settleLater(this.#engine, this.#fence, settlement, storeAgain);
      throw unrecorded(this.#record, cause);
    }
    throw unrecorded(this.#record, new Error("the lease was lost before the outcome was known"));
  }

  #answerHeaders(answer: UpstreamAnswer): readonly string[] {
    const headers = answerHeaders(answer.headers, "as-it-came");
    return [...withoutHeader(headers, "content-length"), "longstop-operation", this.#record.id];
  }
}

function unrecorded(record: ClaimRecord, cause: unknown): LongstopError {
  return new LongstopError(
    "outcome_unknown",
    `The operation was dispatched, but its outcome could not be recorded. ` +
      `Do not call again: operation ${record.id} is recorded for review.`,
    { cause, detail: { operation: record.id } },
  );
}

function quote(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("utf8").trim();
  if (text === "") return "";
  return `: ${text.length > quoteLengthMax ? `${text.slice(0, quoteLengthMax)}…` : text}`;
}

function withoutHeader(raw: readonly string[], header: string): string[] {
  const name = header.toLowerCase();
  return [...pairs(raw)].filter(([key]) => key.toLowerCase() !== name).flat();
}
