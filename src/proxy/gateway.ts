import type { IncomingMessage, ServerResponse } from "node:http";
import { LongstopError } from "../exchange/error.ts";
import type { Caller } from "../exchange/exchange.ts";
import { hideVirtualKeys } from "../exchange/virtual-key.ts";
import type { Protocol, WholeAnswer } from "../protocols/protocol.ts";
import { inAttempt, namesNoAttempt } from "./attempts/detected-attempts.ts";
import { callerHeaders, readCaller } from "./caller.ts";
import { admit, type Admitted, behindDoor } from "./door.ts";
import { problem } from "./effects/problem.ts";
import { Orphans } from "./effects/orphans.ts";
import { serveTool } from "./effects/serve-tool.ts";
import { termsOf } from "./effects/terms.ts";
import { untilToolDeadline } from "./effects/tool-deadline.ts";
import type { Engine } from "./engine.ts";
import { InboundExchange } from "./inbound-exchange.ts";
import { Inbound } from "./inbound.ts";
import { passThrough } from "./pass-through.ts";
import { endRun, endsRun } from "./run-end.ts";
import { findRoute, pathAsMeant, pathForWording, readAddress, type Route } from "./routes.ts";
import type { Cancelled, RunningExchanges } from "./running-exchanges.ts";
import { serveFetched } from "./serve-fetched.ts";
import { isWatched, serveModel } from "./serve-model.ts";
import type { ToolTarget } from "./settings.ts";
import { UpstreamFailure } from "./upstream.ts";

/** Paths that carry calls past the posts: a protocol that is not read here, or many requests in one. */
const unguardedPaths = {
  batches: /\/batches(\/|$)|(?::|%3a)batchGenerateContent$/i,
  interactions: /\/interactions(\/|$)/,
};

/** Serves every exchange: finds its route, runs its plane, and words what goes wrong. */
export class Gateway {
  #engine: Engine;
  readonly #orphans: Orphans;
  readonly #running = new Set<Promise<void>>();
  /** Kinds of unguarded paths that the log has told of. */
  readonly #told = new Set<string>();
  readonly #soon: (work: () => void) => void;
  readonly #exchanges: RunningExchanges | null;
  #draining = false;

  /**
   * `soon` does work soon: left out, exchanges begin at once. `exchanges` are kept for who may cancel them;
   * null: nobody may.
   */
  constructor(
    engine: Engine,
    soon: (work: () => void) => void = (work) => work(),
    exchanges: RunningExchanges | null = null,
  ) {
    this.#engine = engine;
    this.#exchanges = exchanges;
    this.#soon = soon;
    this.#orphans = new Orphans(engine.clock);
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** True where nothing is served without a virtual key. */
  get asksForKeys(): boolean {
    return this.#engine.tenancy !== null;
  }

  get protocols(): readonly Protocol[] {
    return this.#engine.protocols;
  }

  /** The largest whole answer that is looked at, bytes. */
  get answerBytesMax(): number {
    return this.#engine.settings.limits.answerBytesMax;
  }

  /** Cancels an exchange. */
  async cancel(id: string): Promise<Cancelled> {
    const cancelled = (await this.#exchanges?.cancel(id, this.#engine.runningTurns)) ?? "unknown";
    if (cancelled === "unknown" || cancelled === "ended") return cancelled;
    const { inDoubt = null } = cancelled === "cancelled" ? {} : cancelled;
    const operation = inDoubt === null ? {} : { operation: inDoubt };
    this.#engine.log.warn("exchange cancelled", { exchange: id, ...operation });
    return cancelled;
  }

  /** Throws once no new exchange begins: nobody would ask another engine's guards, and nobody end them. */
  mustGoOn(): void {
    if (this.#draining) throw new Error("the gateway is shutting down");
  }

  /**
   * Gives every new exchange another engine; the running ones end on theirs. Resolves once nothing runs
   * on an earlier one.
   */
  async use(engine: Engine): Promise<void> {
    const earlier = [...this.#running];
    this.#engine = engine;
    await Promise.allSettled(earlier);
  }

  /** From now on no new exchange begins. Resolves when the running ones have ended, or after `ms`. */
  async drain(ms: number): Promise<{ readonly left: number }> {
    this.#draining = true;
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
    await Promise.race([Promise.allSettled(this.#running), timeout]);
    return { left: this.#running.size };
  }

  /** Serves one exchange; never rejects. */
  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const engine = this.#engine;
    const inbound = new Inbound(engine.newId(), incoming, outgoing);
    const serving = new Promise<void>((resolve) => {
      this.#soon(() => resolve(this.#serve(engine, inbound)));
    });
    this.#running.add(serving);
    this.#exchanges?.begin(inbound);
    try {
      await serving;
    } finally {
      this.#running.delete(serving);
      this.#exchanges?.end(inbound);
    }
  }

  async #serve(engine: Engine, inbound: Inbound): Promise<void> {
    let route: Route | null = null;
    let admitted: Admitted | null = null;
    let caller: Caller | null = null;
    try {
      if (this.#draining) {
        throw new LongstopError("shutting_down", "Longstop is shutting down. Nothing was sent.", {
          retryAfterSeconds: 5,
        });
      }
      const { incoming } = inbound;
      const address = readAddress(inbound.url);
      admitted = admit(engine.tenancy, address, incoming);
      route = findRoute(address, incoming.headers, engine.settings, admitted.access);
      route = behindDoor(route, incoming, admitted, (path) => speaker(engine, path, incoming));
      const headers = callerHeaders(incoming);
      const calling = readCaller(route, headers, admitted.tenant);
      const isLast = endsRun(headers, calling);
      const admitting = engine.runEnds.admit(calling);
      if (admitting instanceof Promise) await admitting;
      caller = calling;
      await this.#run(engine, inbound, route, await inFoundAttempt(engine, inbound, route, caller));
      if (isLast) await endRun(engine, inbound, caller);
    } catch (thrown) {
      await fail(engine, inbound, route, thrown);
    } finally {
      admitted?.leave();
    }
    if (caller !== null && route !== null && caller.run.id !== null) {
      const found = inbound.attempt === null ? caller : inAttempt(caller, inbound.attempt);
      engine.lateFacts.exchange(found, route, inbound);
    }
    engine.log.info("exchange", () => ({
      exchange: inbound.id,
      ...(engine.tenancy === null ? {} : { tenant: admitted?.tenant }),
      method: inbound.method,
      path: hideVirtualKeys(inbound.url),
      target: route?.target.name,
      status: inbound.outgoing.statusCode,
      ms: Math.round(inbound.timing.elapsedMs()),
      overheadMs: Number(inbound.timing.overheadMs()),
      ...(inbound.left ? { gone: true } : {}),
    }));
  }

  #run(engine: Engine, inbound: Inbound, route: Route, caller: Caller): Promise<void> {
    if (route.plane === "tool") {
      const tool = engine.settings.tools.get(route.target.name) as ToolTarget;
      const at = new InboundExchange(inbound, "tool", "http-tool", tool.name, caller);
      const terms = termsOf(tool, inbound.method, route.path);
      const exchange = { engine, inbound, at, route, tool, terms };
      return untilToolDeadline(exchange, () => serveTool(exchange, this.#orphans));
    }
    const path = pathAsMeant(route.path);
    const protocol = engine.protocols.find((one) => one.matches(inbound.method, path));
    if (protocol !== undefined) return serveModel(engine, inbound, route, protocol, caller);
    const fetched = fetchedFrom(engine, inbound.method, path);
    if (fetched !== null) {
      return serveFetched(engine, inbound, route, fetched.protocol, caller, fetched.id);
    }
    if (inbound.method === "POST") this.#unguarded(engine, inbound, route, path);
    return passThrough(inbound, route, engine.upstreams, engine.settings.limits.requestBytesMax);
  }

  /** Refuses a path that carries calls past the posts, or says once of each kind that it passes. */
  #unguarded({ settings, posts, log }: Engine, inbound: Inbound, route: Route, path: string): void {
    const kind = Object.entries(unguardedPaths).find(([, pattern]) => pattern.test(path))?.[0];
    if (kind === undefined) return;
    if (settings.unguarded === "refuse") {
      throw new LongstopError(
        "route_unknown",
        `${route.path} carries tool calls past the guards, and is refused here (unguarded: refuse).`,
      );
    }
    if (!isWatched(posts) || this.#told.has(kind)) return;
    this.#told.add(kind);
    const sentence = `${route.path} passes the guards by; unguarded: refuse would refuse it.`;
    log.warn("unguarded path", { exchange: inbound.id, kind, sentence });
  }
}

/** A call of a tool belongs to the attempt that its run is in. Which a turn belongs to, its key says, too. */
async function inFoundAttempt(
  { settings, detectedAttempts, log }: Engine,
  inbound: Inbound,
  { plane }: Route,
  caller: Caller,
): Promise<Caller> {
  const { mode, detectedAttempts: detects } = settings.turns;
  if (plane !== "tool" || mode !== "enforce" || detects !== "enforce" || !namesNoAttempt(caller)) {
    return caller;
  }
  try {
    inbound.attempt = (await detectedAttempts.stateOf(caller))?.attempt ?? null;
  } catch (cause) {
    // Without a ledger no effect is executed.
    log.debug("the attempts of a run cannot be read", { run: caller.run.id, cause });
  }
  return inbound.attempt === null ? caller : inAttempt(caller, inbound.attempt);
}

async function fail(engine: Engine, inbound: Inbound, route: Route | null, thrown: unknown): Promise<void> {
  const error = LongstopError.from(thrown instanceof UpstreamFailure ? thrown.error : thrown);
  if (inbound.left) return;
  const failed = error.status >= 500;
  engine.log[failed ? "error" : "warn"](failed ? "exchange failed" : "exchange refused", {
    exchange: inbound.id,
    code: error.code,
    sentence: error.message,
    cause: error.cause,
  });
  if (inbound.started) {
    inbound.destroy();
    return;
  }
  const answer = worded(engine, inbound, route, error);
  // What is left of the request is not read, so the connection cannot carry another one.
  if (inbound.hasBody && !inbound.incoming.complete) inbound.notes.set("connection", "close");
  // RFC 9110, 15.5.2: a 401 says how to authenticate.
  if (error.status === 401 && error.code.startsWith("key_"))
    inbound.notes.set("www-authenticate", 'Bearer realm="longstop"');
  await inbound.sendAnswer(answer);
}

/** The error in the words of the protocol that the caller speaks. */
function worded(engine: Engine, inbound: Inbound, route: Route | null, error: LongstopError): WholeAnswer {
  const path = route?.path ?? pathForWording(inbound.url, inbound.incoming.headers);
  if (route?.plane === "tool" || path.startsWith("/tools/")) return problem(error, inbound.id);
  return speaker(engine, path, inbound.incoming).refuse(error, inbound.id);
}

function speaker({ protocols }: Engine, path: string, { headers }: IncomingMessage): Protocol {
  const found = protocols.find((one) => one.words(path, headers)) ?? protocols[0];
  if (found === undefined) throw new RangeError("a gateway needs at least one protocol");
  return found;
}

/** The answer that a request fetches by its id, and who reads it. */
function fetchedFrom(
  { protocols }: Engine,
  method: string,
  path: string,
): { readonly protocol: Protocol; readonly id: string } | null {
  for (const protocol of protocols) {
    const id = protocol.fetchedAnswer(method, path);
    if (id !== null) return { protocol, id };
  }
  return null;
}
