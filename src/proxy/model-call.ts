import type { Exchange } from "../exchange/exchange.ts";
import type { NewFact } from "../exchange/fact.ts";
import type { Turn, TurnCall } from "../exchange/turn.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { chainNext } from "../text/hash.ts";
import type { AnswerTarget } from "./answer-target.ts";
import { answerUsage } from "./answer-usage.ts";
import type { Deadline } from "./deadlines/deadline.ts";
import { attemptsFor, isUnsent, type Refused, sendAgain } from "./deadlines/upstream-retries.ts";
import type { Engine } from "./engine.ts";
import type { Inbound } from "./inbound.ts";
import type { Intervention } from "./judge.ts";
import type { Presence } from "./presence.ts";
import type { ReadyPrompt } from "./ready-prompt.ts";
import type { Route } from "./routes.ts";
import type { RunShare } from "./run-usage.ts";
import type { TurnDecision } from "./decide-turn.ts";
import type { StreamAsking } from "./turns/stream-asking.ts";
import { spliceFact } from "./splices.ts";
import {
  askedAgainByClient,
  UpstreamFailure,
  type UpstreamAnswer,
  type UpstreamRequest,
} from "./upstream.ts";
import { requestHeaders } from "./upstream-headers.ts";
import { VerdictRecord } from "./verdict-record.ts";

/** A request, and where its answer goes: to who sent it, where nothing else is said. */
export interface Between {
  readonly inbound: Inbound;
  readonly client?: AnswerTarget;
  /** Ends the work: left out, its client does that alone. */
  readonly presence?: Presence;
  /** By when the one who sent it must have heard something; null: nothing says so. */
  readonly deadline?: Deadline | null;
  /** True where the work goes on once that is over. */
  readonly outlivesDeadline?: boolean;
  /** Who asks for a stream in its place; left out, it is asked for what the client asks for. */
  readonly asking?: StreamAsking | null;
}

/** One exchange with a model after its request is ready: what the answer's side works with. */
export class ModelCall {
  readonly engine: Engine;
  /** The request that began it. */
  readonly inbound: Inbound;
  /** Where its answer goes. */
  readonly client: AnswerTarget;
  /** Once it has left, whatever is under way upstream is given up. */
  readonly presence: Presence;
  readonly at: Exchange;
  readonly route: Route;
  readonly protocol: Protocol;
  readonly ready: ReadyPrompt;
  /** Its share in what its run uses, or null where nobody counts that. */
  readonly run: RunShare | null;
  readonly record: VerdictRecord;
  readonly #asking: StreamAsking | null;
  /** What was done to the answer; what was done to the request is in `ready`. */
  readonly interventions: Intervention[] = [];
  readonly #deadline: Deadline | null;
  readonly #outlivesDeadline: boolean;
  #askedAtMs = 0;
  /** The shortest that the model took for a turn of this exchange. */
  #turnMs = Infinity;
  #facts: NewFact[] = [];

  constructor(
    engine: Engine,
    {
      inbound,
      client = inbound,
      presence = client,
      deadline = null,
      outlivesDeadline = false,
      asking = null,
    }: Between,
    at: Exchange,
    route: Route,
    protocol: Protocol,
    ready: ReadyPrompt,
    run: RunShare | null = null,
    record: VerdictRecord = new VerdictRecord(engine, at, () => client.noteUnrecorded()),
  ) {
    this.engine = engine;
    this.inbound = inbound;
    this.client = client;
    this.presence = presence;
    this.#deadline = deadline;
    this.#outlivesDeadline = outlivesDeadline;
    this.at = at;
    this.route = route;
    this.protocol = protocol;
    this.ready = ready;
    this.run = run;
    this.record = record;
    this.#asking = asking;
  }

  /** Sends a body of this exchange to its upstream, and again where that is safe and configured. */
  send(
    body: Uint8Array | string | null,
    signal: AbortSignal | Presence = this.presence,
  ): Promise<UpstreamAnswer> {
    const { path, query } = this.route;
    if (this.#asking === null) return this.#dispatch(body, path + query, signal);
    return this.#asking.send(body, (asked, where) => this.#dispatch(asked, where, signal));
  }

  /** Sends a body that asks for a stream, also where its client wants none; null where it gets none. */
  async sendForStream(body: string): Promise<UpstreamAnswer | null> {
    const { path, query } = this.route;
    if (this.ready.shown.stream) return this.#dispatch(body, path + query, this.presence);
    if (this.#asking === null) return null;
    return this.#asking.sendForStream(body, (asked, where) => this.#dispatch(asked, where, this.presence));
  }

  #dispatch(
    body: Uint8Array | string | null,
    path: string,
    signal: AbortSignal | Presence,
  ): Promise<UpstreamAnswer> {
    const { inbound, route, engine } = this;
    const { timing } = inbound;
    const { timeouts, upstreamRetries: retries } = engine.settings;
    timing.dispatched();
    this.#askedAtMs = performance.now();
    const request = {
      target: route.target,
      method: inbound.method,
      path,
      headers: requestHeaders(inbound.incoming.rawHeaders, "whole", true),
      body,
      signal,
      // Before the headers of a stream there is no word of it either.
      ...(this.ready.shown.stream ? { headersMs: Math.min(timeouts.headersMs, timeouts.firstTokenMs) } : {}),
      begun: () => timing.leaves(),
    };
    return this.#sendOnce(request).then(
      (answer) => {
        if (retries.statuses.includes(answer.status)) return this.#sendAgain(request, answer);
        timing.upstreamHeaders();
        return answer;
      },
      (thrown: unknown) => {
        if (isUnsent(thrown)) return this.#sendAgain(request, thrown);
        throw askedAgainByClient(thrown);
      },
    );
  }

  #sendOnce(request: UpstreamRequest): Promise<UpstreamAnswer> {
    this.run?.sent();
    const sending = this.engine.upstreams.send(request);
    if (this.run === null) return sending;
    return sending.catch((thrown: unknown) => {
      if (thrown instanceof UpstreamFailure && thrown.sent === "no") this.run?.notSent();
      throw thrown;
    });
  }

  async #sendAgain(request: UpstreamRequest, refused: Refused): Promise<UpstreamAnswer> {
    const { engine, inbound } = this;
    const retries = engine.settings.upstreamRetries;
    const attemptsMax = attemptsFor(retries, inbound.incoming.headers["x-stainless-retry-count"]);
    const asker = { id: this.at.id, presence: request.signal, attemptsMax, deadline: this.#deadline };
    try {
      const answer = await sendAgain(refused, () => this.#sendOnce(request), retries, engine, asker);
      inbound.timing.upstreamHeaders();
      return answer;
    } catch (thrown) {
      throw askedAgainByClient(thrown);
    }
  }

  /** How long it is since the model was asked last, ms. */
  get askedForMs(): number {
    return performance.now() - this.#askedAtMs;
  }

  /** True where a further answer of the model could be there before the client's time is over. */
  get hasTimeToAsk(): boolean {
    if (this.#deadline === null || this.#outlivesDeadline) return true;
    return this.#deadline.remainingMs > this.#turnMs;
  }

  /** A turn has ended, whole or cut, whatever becomes of it: what it used is counted. */
  used(turn: () => Turn): void {
    this.#turnMs = Math.min(this.#turnMs, this.askedForMs);
    this.run?.used(answerUsage(turn(), () => this.ready.prompt));
  }

  /** Takes what was decided about a turn. It must be written before the turn, or the next one, goes on. */
  decided({ interventions, facts, verdicts }: TurnDecision): void {
    this.interventions.push(...interventions);
    this.#facts.push(...facts);
    this.record.note(verdicts);
  }

  /** Writes what was decided and observed. A promise only where there is something. */
  recordDecided(): boolean | Promise<boolean> {
    return this.#facts.length === 0 && !this.record.hasPending ? true : this.#append([]);
  }

  /** Writes all that waits, and more, in one append. */
  async #append(more: readonly NewFact[]): Promise<boolean> {
    const facts = [...this.#facts, ...more];
    this.#facts = [];
    if (await this.record.append(this.ready.conversation, facts)) return true;
    this.record.giveUp();
    this.client.noteUnrecorded();
    return false;
  }

  /**
   * Remembers an answer that its provider keeps, so that a later request may only name it. A client
   * that sends its whole history names nothing: of its conversation only the first answer is kept here,
   * and those that are fetched, because their calls are judged only then.
   */
  async recordKept(turn: Turn, output: () => readonly string[], ids: readonly string[]): Promise<void> {
    const { engine, ready, at, protocol } = this;
    const { shown } = ready;
    const isFetched = turn.background === true || !turn.complete;
    if (turn.kept !== true || protocol.withEarlier === undefined) return;
    if (!isFetched && !this.#mayBeNamed()) return;
    if (engine.settings.statefulRequests === "pass") return;
    // What is fetched is known already; while it is under way there is nothing to add.
    if (!turn.complete && this.inbound.method === "GET") return;
    const known = [...new Set([...ids, turn.id])].filter((id) => id !== "");
    const answer = { body: shown.text, path: shown.path, output: output(), upstreamId: turn.id };
    if (await engine.keptAnswers.record(at.caller, at.target, known, answer)) return;
    this.client.noteUnrecorded();
  }

  /** True where a later request may name this answer in the place of its history. */
  #mayBeNamed(): boolean {
    const { kept, messages } = this.ready.shown;
    const saysAll = kept.every(({ kind }) => kind === "item");
    const goesOn = messages.some(({ role }) => role === "assistant");
    return this.engine.settings.statefulRequests === "hydrate" && !(saysAll && goesOn);
  }

  /**
   * Writes the splice for an assistant message that was shown otherwise than it was said. It is on
   * disk before the last byte of the answer leaves, together with what was decided about the turn; while
   * the ledger is down the answer says that it was not recorded.
   */
  async recordSplice(
    shown: { text: string; calls: readonly TurnCall[] },
    truth: readonly string[],
  ): Promise<boolean> {
    const { ready, protocol } = this;
    const before = ready.shownChain.at(-1) ?? ready.shownChainStart;
    const fact = spliceFact({
      shown: chainNext(before, protocol.shownHash(shown)),
      before,
      callIds: shown.calls.map(({ id }) => id).filter((id) => id !== ""),
      truth,
    });
    return this.#append([fact]);
  }
}
