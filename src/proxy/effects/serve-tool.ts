import { LongstopError } from "../../exchange/error.ts";
import type { Caller } from "../../exchange/exchange.ts";
import type { Claimed, ClaimRecord, ClaimRequest } from "../../ledger/ledger.ts";
import type { Engine } from "../engine.ts";
import { failpoint } from "../failpoint.ts";
import type { Inbound } from "../inbound.ts";
import { passThrough } from "../pass-through.ts";
import { watchesTools } from "../posts.ts";
import { readDecoded } from "../request-body.ts";
import type { ToolTarget } from "../settings.ts";
import { lookUp } from "./look-up.ts";
import { refuseBehindDoubt } from "./in-doubt-lock.ts";
import { refuseDiverged } from "./refuse-diverged.ts";
import { CallBinding } from "./bind-call.ts";
import { CallKey } from "./call-key.ts";
import { checkArguments } from "./check-arguments.ts";
import { Dispatch } from "./dispatch.ts";
import { EffectCancel } from "./effect-cancel.ts";
import { judgeToolCall } from "./judge-tool.ts";
import { effectClaim, saysRetry } from "./effect-claim.ts";
import { isHandedOver } from "./handed-over.ts";
import { orphanKey, type Orphans } from "./orphans.ts";
import { readTool } from "./read-tool.ts";
import { orUnsent } from "./unsent.ts";
import { outcomeUnknown } from "./outcome-unknown.ts";
import { replay } from "./recorded-answer.ts";
import { reportTool } from "./report-tool.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * Serves one call of an HTTP tool: every effect has a durable identity. What only reads passes as
 * it comes, unless a post watches tools.
 */
export async function serveTool(asked: ToolExchange, orphans: Orphans): Promise<void> {
  const { engine, inbound, route, terms } = asked;
  const { limits, effects } = engine.settings;
  const isEffect = terms.effect !== "read" && effects.mode !== "off";
  const isEnforced = isEffect && effects.mode === "enforce";
  const exchange: ToolExchange = isEnforced ? { ...asked, cancel: new EffectCancel(inbound) } : asked;
  const checked = await checkArguments(exchange);
  // An answer to HEAD has no body for a post to read, and headers that speak of one.
  if (!isEffect && (inbound.method === "HEAD" || !watchesTools(engine.posts))) {
    return passThrough(inbound, route, engine.upstreams, limits.requestBytesMax, {
      headersMs: terms.timeoutMs,
      read: checked,
    });
  }
  const came = checked ?? (await readDecoded(inbound, limits.requestBytesMax));
  const body = await judgeToolCall(exchange, came, isEnforced);
  if (body === "answered") return;
  if (!isEffect) return readTool(exchange, body);
  // What the call was decided by is in the ledger before the call is.
  const written = engine.runningTurns.written(exchange.at.caller);
  if (written !== undefined) await written;
  const binding = new CallBinding(exchange, came);
  const key = new CallKey(exchange, body);
  try {
    await new EffectCall({ ...exchange, terms: key.terms }, orphans, key, binding).serve(body);
  } finally {
    // A connection that is kept holds its last request, which must not hold all of the call.
    exchange.cancel?.ended();
  }
}

/** Whether the client of an operation is here. */
interface Presence {
  gone(): void;
  end(): void;
}

/** One call with a side effect: finds its record, then dispatches, waits or replays. */
class EffectCall {
  readonly #exchange: ToolExchange;
  readonly #engine: Engine;
  readonly #orphans: Orphans;
  readonly #key: CallKey;
  readonly #binding: CallBinding;
  readonly #inbound: Inbound;
  readonly #tool: ToolTarget;
  readonly #caller: Caller;
  /** While another call's record answers for this one. */
  #presence: Presence | null = null;

  constructor(exchange: ToolExchange, orphans: Orphans, key: CallKey, binding: CallBinding) {
    this.#exchange = exchange;
    this.#engine = exchange.engine;
    this.#orphans = orphans;
    this.#key = key;
    this.#binding = binding;
    this.#inbound = exchange.inbound;
    this.#tool = exchange.tool;
    this.#caller = exchange.at.caller;
  }

  async serve(body: Uint8Array): Promise<void> {
    const [exchange, orphans, key] = [this.#exchange, this.#orphans, this.#key];
    if (this.#engine.settings.effects.mode === "report") {
      const binding = await this.#binding.find().catch(() => null);
      return reportTool(exchange, await effectClaim({ exchange, orphans, key, binding }), body);
    }
    const binding = await orUnsent(() => this.#binding.find());
    const request = await effectClaim({ exchange, orphans, key, binding });
    await failpoint("before-intent");
    let claimed = await this.#claimFirst(request);
    if (isLastOf(request, claimed) && !saysRetry(exchange)) {
      const more = await orUnsent(() => this.#binding.findMore());
      if (more !== null && more.callsMax > (request.callsMax ?? 0)) {
        claimed = await this.#claimFirst(await effectClaim({ exchange, orphans, key, binding: more }));
      }
    }
    await failpoint("after-intent");
    try {
      await this.#answer(claimed, request, body);
    } finally {
      this.#presence?.end();
    }
  }

  async #answer(first: Claimed, request: ClaimRequest, body: Uint8Array): Promise<void> {
    for (let claimed = first; ;) {
      if (claimed.kind === "conflict") throw this.#conflict(claimed.record);
      if (claimed.kind === "won") {
        await refuseBehindDoubt(this.#exchange, claimed.record);
        await refuseDiverged(this.#exchange, claimed.record);
        return this.#dispatch(claimed.record, claimed.newest);
      }
      const ended = await this.#meet(claimed.record, body);
      if (ended === null) return;
      // The one that was waited for surely did not happen: this call may be the one that does.
      claimed = await this.#claim({ ...request, key: ended.key, occurrence: ended.occurrence });
    }
  }

  async #claimFirst(request: ClaimRequest): Promise<Claimed> {
    const place = orphanKey(request);
    const claimed = isTracked(request)
      ? await this.#orphans.claiming(request.tenant, place, this.#claimAs(request))
      : await this.#claim(request);
    if (!(await this.#isBeingDelivered(request, claimed))) return claimed;
    return this.#claimAs({ ...request, reuse: { ...request.reuse, undelivered: false } });
  }

  /** Before anything else happens it is known that the record of the attempt's next call has its client. */
  async #claimAs(request: ClaimRequest): Promise<Claimed> {
    const claimed = await this.#claim(request);
    if (claimed.kind === "met" && claimed.isNext === true && isTracked(request)) {
      this.#presence = this.#attend(claimed.record);
    }
    return claimed;
  }

  /**
   * From now until `end` it is known that the record's answer is for this client, and whether that is gone.
   */
  #attend({ tenant, run, key, occurrence }: ClaimRecord): Presence {
    const place = orphanKey({ run, key, attempt: this.#caller.run.attempt });
    let isOver = false;
    const gone = (): void => {
      if (!isOver) this.#orphans.leave(tenant, place, occurrence);
    };
    this.#orphans.begin(tenant, place, occurrence);
    // Also of a client that left while the claim was written.
    this.#inbound.onLeave(gone);
    const end = (): void => {
      isOver = true;
      this.#orphans.end(tenant, place, occurrence);
    };
    return { gone, end };
  }

  /** It met an answer that is on its way to a client that is still there: that is no evidence of a retry. */
  async #isBeingDelivered(request: ClaimRequest, claimed: Claimed): Promise<boolean> {
    const { kind, record } = claimed;
    if (kind !== "met" || claimed.isNext === true || !isTracked(request)) return false;
    if (record.state !== "done" || record.delivered) return false;
    if (this.#orphans.hasItsClient(record, request.attempt)) return true;
    if (record.run === null || saysRetry(this.#exchange)) return false;
    const isElsewhere = record.owner !== this.#engine.owner || record.attempt !== request.attempt;
    return isElsewhere && isHandedOver(this.#engine, record);
  }

  async #claim(request: ClaimRequest): Promise<Claimed> {
    this.#exchange.cancel?.check();
    return orUnsent(() => this.#engine.ledger.claim(request));
  }

  async #dispatch(record: ClaimRecord, newest: ClaimRecord | null): Promise<void> {
    const { log } = this.#engine;
    const said = { operation: record.id, tool: this.#tool.name };
    if (record.doubted) log.info("effect dispatched again", { ...said, epoch: record.epoch });
    else if (newest !== null && !isDecided(record))
      log.warn("possible double", { ...said, earlier: newest.id });
    const presence = record.run === null || isDecided(record) ? this.#attend(record) : null;
    const dispatch = new Dispatch(this.#exchange, record, this.#key);
    try {
      await dispatch.run();
      // Until this is written, an equal call must not take the answer for one that nobody got.
      await this.#delivered(record);
    } finally {
      const later = dispatch.settledLater;
      if (later === null) presence?.end();
      else {
        // Its caller does not know how it ended, so whoever calls again meets it.
        presence?.gone();
        void later.then(() => presence?.end());
      }
    }
  }

  /** Answers for a record of another call. Gives it back where it ended without having happened. */
  async #meet(met: ClaimRecord, body: Uint8Array): Promise<ClaimRecord | null> {
    const { ledger, settings } = this.#engine;
    const waited = met.state === "intent" ? ledger.wait(met.id, settings.effects.attachSeconds * 1000) : null;
    // Where this call is cancelled, the one that it waits for goes on.
    const record = (await (this.#exchange.cancel?.unlessCancelled(waited) ?? waited)) ?? met;
    switch (record.state) {
      case "intent":
        throw new LongstopError(
          "upstream_timeout",
          `The same operation is still running. A retry waits for it and is never executed twice. ` +
            `Operation ${record.id}.`,
          { status: 504, retryAfterSeconds: 5, detail: { operation: record.id } },
        );
      case "done":
      case "resolved-done":
        await replay(this.#exchange, record, this.#engine.clock.now());
        await this.#delivered(record);
        return null;
      case "declined":
        // Who waited for it hears what it was told; who comes later may try anew.
        if (met.state !== "intent" || record.answer?.extent !== "whole") return record;
        await replay(this.#exchange, record, this.#engine.clock.now());
        return null;
      case "not-sent":
      case "resolved-not-done":
        return record;
      case "in-doubt":
        return this.#resolve(record, body);
      case "abandoned":
        throw new LongstopError(
          "operation_abandoned",
          `This operation was given up by the operator and will not be executed. Operation ${record.id}.`,
          { detail: { operation: record.id } },
        );
    }
  }

  /** Looks up what became of an operation in doubt; where nothing is known of it, the doubt stays. */
  async #resolve(record: ClaimRecord, body: Uint8Array): Promise<ClaimRecord | null> {
    const resolved = await lookUp(this.#exchange, record, body, this.#key);
    if (resolved?.state === "resolved-not-done") return resolved;
    if (resolved?.state !== "resolved-done" && resolved?.state !== "done") {
      throw outcomeUnknown(this.#exchange, record, this.#key.sent);
    }
    await replay(this.#exchange, resolved, this.#engine.clock.now());
    await this.#delivered(resolved);
    return null;
  }

  /** Handed over, unless the client is gone: a retry is then evidence, and gets this answer. */
  async #delivered(record: ClaimRecord): Promise<void> {
    if (this.#inbound.left || !this.#inbound.outgoing.writableFinished) return;
    this.#orphans.handOver(record, record.run === null ? null : this.#caller.run.attempt);
    try {
      await this.#engine.ledger.markDelivered(record.id);
    } catch (cause) {
      // The worst that follows is a replay where a new operation was meant; it is never a double.
      this.#engine.log.warn("delivery not recorded", { operation: record.id, cause });
    }
  }

  #conflict(record: ClaimRecord): LongstopError {
    return new LongstopError(
      "key_reused",
      `This ${this.#key.place} was used before with another payload. Operation ${record.id}.`,
      { detail: { operation: record.id } },
    );
  }
}

/** True where it is remembered whose client is still there. */
function isTracked({ run, callsMax }: ClaimRequest): boolean {
  return run === null || callsMax !== undefined;
}

/** True where a record says which decisions its call may carry out. */
function isDecided({ detail }: ClaimRecord): boolean {
  return detail["decisions"] !== undefined;
}

/** All decisions that are known have been carried out, and the call met the last of them. */
function isLastOf({ callsMax }: ClaimRequest, claimed: Claimed): boolean {
  const { kind, record } = claimed;
  if (callsMax === undefined || kind !== "met" || claimed.isNext === true) return false;
  return record.occurrence >= callsMax && !isOpen(record);
}

function isOpen({ state }: ClaimRecord): boolean {
  return state === "in-doubt" || state === "abandoned";
}
