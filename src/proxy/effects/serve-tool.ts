import { LongstopError } from "../../exchange/error.ts";
import type { Caller } from "../../exchange/exchange.ts";
import type { Claimed, ClaimRecord, ClaimRequest, Reuse } from "../../ledger/ledger.ts";
import type { Engine } from "../engine.ts";
import { failpoint } from "../failpoint.ts";
import type { Inbound } from "../inbound.ts";
import { passThrough } from "../pass-through.ts";
import { watchesTools } from "../posts.ts";
import { readDecoded } from "../request-body.ts";
import type { Route } from "../routes.ts";
import type { ToolTarget } from "../settings.ts";
import { lookUp } from "./look-up.ts";
import { refuseBehindDoubt } from "./in-doubt-lock.ts";
import { refuseDiverged } from "./refuse-diverged.ts";
import { CallKey } from "./call-key.ts";
import { checkArguments } from "./check-arguments.ts";
import { Dispatch } from "./dispatch.ts";
import { judgeToolCall } from "./judge-tool.ts";
import { operationKey, setApart } from "./operation-key.ts";
import type { Orphans } from "./orphans.ts";
import { readTool } from "./read-tool.ts";
import { outcomeUnknown } from "./outcome-unknown.ts";
import { replay } from "./recorded-answer.ts";
import { reportTool } from "./report-tool.ts";
import { newKeyAfter, redispatchOf } from "./second-dispatch.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/**
 * Serves one call of an HTTP tool: every effect has a durable identity. What only reads passes as
 * it comes, unless a post watches tools.
 */
export async function serveTool(exchange: ToolExchange, orphans: Orphans): Promise<void> {
  const { engine, inbound, route, terms } = exchange;
  const { limits, effects } = engine.settings;
  const isEffect = terms.effect !== "read" && effects.mode !== "off";
  const checked = await checkArguments(exchange);
  // An answer to HEAD has no body for a post to read, and headers that speak of one.
  if (!isEffect && (inbound.method === "HEAD" || !watchesTools(engine.posts))) {
    return passThrough(inbound, route, engine.upstreams, limits.requestBytesMax, {
      headersMs: terms.timeoutMs,
      read: checked,
    });
  }
  const isEnforced = isEffect && effects.mode === "enforce";
  const came = checked ?? (await readDecoded(inbound, limits.requestBytesMax));
  const body = await judgeToolCall(exchange, came, isEnforced);
  if (body === "answered") return;
  if (!isEffect) return readTool(exchange, body);
  // What the call was decided by is in the ledger before the call is.
  const written = engine.runningTurns.written(exchange.at.caller);
  if (written !== undefined) await written;
  const key = new CallKey(exchange, body);
  await new EffectCall({ ...exchange, terms: key.terms }, orphans, key).serve(body);
}

/** One call with a side effect: finds its record, then dispatches, waits or replays. */
class EffectCall {
  readonly #exchange: ToolExchange;
  readonly #engine: Engine;
  readonly #orphans: Orphans;
  readonly #key: CallKey;
  readonly #inbound: Inbound;
  readonly #route: Route;
  readonly #tool: ToolTarget;
  readonly #caller: Caller;

  constructor(exchange: ToolExchange, orphans: Orphans, key: CallKey) {
    this.#exchange = exchange;
    this.#engine = exchange.engine;
    this.#orphans = orphans;
    this.#key = key;
    this.#inbound = exchange.inbound;
    this.#route = exchange.route;
    this.#tool = exchange.tool;
    this.#caller = exchange.at.caller;
  }

  async serve(body: Uint8Array): Promise<void> {
    const request = await this.#request();
    if (this.#engine.settings.effects.mode === "report") {
      return reportTool(this.#exchange, request, body);
    }
    await failpoint("before-intent");
    let claimed =
      request.run === null
        ? await this.#orphans.claiming(request.tenant, request.key, this.#claim(request))
        : await this.#claim(request);
    if (this.#isBeingDelivered(claimed)) {
      claimed = await this.#claim({ ...request, reuse: { ...request.reuse, undelivered: false } });
    }
    await failpoint("after-intent");
    for (;;) {
      if (claimed.kind === "conflict") throw this.#conflict(claimed.record);
      if (claimed.kind === "won") {
        await refuseBehindDoubt(this.#exchange, claimed.record);
        await refuseDiverged(this.#exchange, claimed.record);
        return this.#dispatch(claimed.record, claimed.newest);
      }
      const ended = await this.#meet(claimed.record, body);
      if (ended === null) return;
      // The one that was waited for surely did not happen: this call may be the one that does.
      claimed = await this.#claim({ ...request, occurrence: ended.occurrence });
    }
  }

  /** An anonymous call met an answer that is on its way to a client that is still there. */
  #isBeingDelivered({ kind, record }: Claimed): boolean {
    if (kind !== "met" || record.run !== null || record.state !== "done" || record.delivered) return false;
    return this.#orphans.hasItsClient(record);
  }

  async #request(): Promise<ClaimRequest> {
    const { incoming, method } = this.#inbound;
    const { effects } = this.#engine.settings;
    const { run, tenant } = this.#caller;
    const { terms } = this.#exchange;
    const redispatch = redispatchOf(terms);
    const { query, body } = this.#key.identity();
    const { clientKey } = this.#key;
    const { headers } = incoming;
    const equal = operationKey(this.#caller, { ...this.#route, query }, method, headers, body, terms);
    // A client key that proves what it names keeps equal calls apart, running, refused and in doubt ones too.
    const isProof = clientKey !== null && this.#tool.clientKeys === "stable";
    const key = isProof ? setApart(equal.key, clientKey) : equal.key;
    const orphan = run.id === null ? await this.#orphans.find(tenant, key) : undefined;
    return {
      tenant,
      kind: "effect",
      key,
      occurrence: orphan ?? "next",
      reuse: this.#reuse(),
      run: run.id,
      stage: run.stage,
      attempt: run.attempt,
      fingerprint: equal.fingerprint,
      clientKey,
      clientKeyScope: `tool ${this.#tool.name}`,
      detail: {
        tool: this.#tool.name,
        method,
        target: `${this.#tool.origin}${this.#tool.basePath}${this.#route.path}`,
        effect: terms.effect,
        exchange: this.#inbound.id,
      },
      owner: this.#engine.owner,
      leaseMs: effects.leaseSeconds * 1000,
      sent: this.#key.sent,
      newKeyAfter: newKeyAfter(terms),
      ...(redispatch === null ? {} : { redispatch }),
    };
  }

  /** When an equal call is taken for a retry of the newest one. */
  #reuse(): Reuse {
    const { headers } = this.#inbound.incoming;
    const windowMs = this.#engine.settings.effects.retryWindowSeconds * 1000;
    const explicit = this.#caller.run.id !== null;
    if (this.#key.clientKey !== null && this.#tool.clientKeys === "stable") {
      return { running: false, undelivered: false, deliveredWithinMs: 0 };
    }
    if (Number(headers["x-stainless-retry-count"] ?? 0) > 0) {
      return { running: true, undelivered: true, deliveredWithinMs: windowMs };
    }
    const irreversible = this.#exchange.terms.effect === "irreversible" && explicit;
    return { running: explicit, undelivered: true, deliveredWithinMs: irreversible ? windowMs : 0 };
  }

  async #claim(request: ClaimRequest): Promise<Claimed> {
    try {
      return await this.#engine.ledger.claim(request);
    } catch (cause) {
      if (cause instanceof LongstopError && cause.code === "ledger_unconfirmed") throw unconfirmed(cause);
      throw new LongstopError(
        "ledger_down",
        "The ledger cannot be written, so this call was not dispatched. Nothing was sent.",
        { cause, retryAfterSeconds: 5 },
      );
    }
  }

  async #dispatch(record: ClaimRecord, newest: ClaimRecord | null): Promise<void> {
    const { log } = this.#engine;
    const said = { operation: record.id, tool: this.#tool.name };
    if (record.doubted) log.info("effect dispatched again", { ...said, epoch: record.epoch });
    else if (newest !== null) log.warn("possible double", { ...said, earlier: newest.id });
    const { tenant } = this.#caller;
    let isOver = false;
    const orphaned = (): void => {
      if (!isOver) this.#orphans.leave(tenant, record.key, record.occurrence);
    };
    if (record.run === null) {
      this.#orphans.begin(tenant, record.key, record.occurrence);
      // Also of a client that left while the claim was written.
      this.#inbound.onLeave(orphaned);
    }
    const dispatch = new Dispatch(this.#exchange, record, this.#key);
    const end = (): void => {
      isOver = true;
      this.#orphans.end(tenant, record.key, record.occurrence);
    };
    try {
      await dispatch.run();
      // Until this is written, an equal call must not take the answer for one that nobody got.
      await this.#delivered(record);
    } finally {
      const later = dispatch.settledLater;
      if (later === null) end();
      else {
        // Its caller does not know how it ended, so whoever calls again meets it.
        if (record.run === null) orphaned();
        void later.then(end);
      }
    }
  }

  /** Answers for a record of another call. Gives it back where it ended without having happened. */
  async #meet(met: ClaimRecord, body: Uint8Array): Promise<ClaimRecord | null> {
    const { ledger, settings } = this.#engine;
    const record =
      met.state === "intent"
        ? ((await ledger.wait(met.id, settings.effects.attachSeconds * 1000)) ?? met)
        : met;
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
    this.#orphans.handOver(record);
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

/** What a caller is told while the ledger is not the one that it was; the log says which one that is. */
function unconfirmed(cause: LongstopError): LongstopError {
  return new LongstopError(
    cause.code,
    "The ledger is not the one that it was, and what it does not know may have been executed, so this call " +
      "was not dispatched. Nothing was sent. It goes on once an operator has run longstop ledger confirm.",
    { cause, retryAfterSeconds: cause.retryAfterSeconds ?? 60 },
  );
}
