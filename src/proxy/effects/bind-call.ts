import type { Caller } from "../../exchange/exchange.ts";
import { sha256Hex } from "../../text/hash.ts";
import { carriesOut } from "../decisions/differences.ts";
import { type MappedCall, mappedCalls } from "../decisions/mapped-call.ts";
import type { Decision, RunDecisions } from "../decisions/run-decisions.ts";
import type { ToolExchange } from "./tool-exchange.ts";
import { tellUnrequested } from "./unrequested.ts";

/** Decisions that a record names. */
const namedMax = 8;

/** Which decisions of a model a call may carry out. */
export interface Binding {
  /** The base key of all calls that carry out these decisions by this path. */
  readonly key: string;
  /** How many of them there are: so often the call is executed in one attempt. */
  readonly callsMax: number;
  /** The first of them: the k-th is what the record of the k-th call carries out. */
  readonly decisions: readonly { readonly turn: string; readonly call: string }[];
}

/** Finds the decisions that a call may carry out. */
export class CallBinding {
  readonly #exchange: ToolExchange;
  readonly #caller: Caller;
  readonly #calls: readonly MappedCall[];

  /** `body` as its client sent it: what posts made of it, no model decided on. */
  constructor(exchange: ToolExchange, body: Uint8Array) {
    const { inbound, at, route, tool } = exchange;
    this.#exchange = exchange;
    this.#caller = at.caller;
    const { decisions = [] } = tool;
    const { method, incoming } = inbound;
    const contentType = incoming.headers["content-type"];
    this.#calls =
      decisions.length === 0 || at.caller.run.id === null
        ? []
        : mappedCalls(decisions, { method, path: route.path, query: route.query, contentType, body });
  }

  /**
   * Null where the call is bound to nothing: no mapping fits it, no answer of a model was seen, or no
   * decision is equal to it. Throws where such a call is blocked, and `ledger_down` where the decisions
   * cannot be read.
   */
  async find(): Promise<Binding | null> {
    if (this.#calls.length === 0) return null;
    const { decisions } = this.#exchange.engine;
    let known = await decisions.of(this.#caller);
    let found = this.#in(known);
    if (found === null && (await decisions.turnsEnd(this.#caller))) {
      known = await decisions.of(this.#caller);
      found = this.#in(known);
    }
    if (found === null && known.isSeen(this.#caller.run.attempt)) {
      await tellUnrequested(this.#exchange, this.#calls, known);
    }
    return found;
  }

  /** The binding once more, where a turn that was still being made may have decided on another call. */
  async findMore(): Promise<Binding | null> {
    const { decisions } = this.#exchange.engine;
    return (await decisions.turnsEnd(this.#caller)) ? this.#in(await decisions.of(this.#caller)) : null;
  }

  #in(known: RunDecisions): Binding | null {
    const decisions = known.carriedOut(this.#caller.run, this.#calls);
    const [first] = decisions;
    if (first === undefined) return null;
    const named = decisions.slice(0, namedMax).map(({ turn, id }) => ({ turn: turn.turn, call: id }));
    return { key: this.#keyOf(first), callsMax: decisions.length, decisions: named };
  }

  /**
   * The decision makes the operation, and the path that it is carried out by, not the bytes: a call that
   * differs in what the mapping leaves out is no other one.
   */
  #keyOf(decision: Decision): string {
    const call = this.#calls.find((one) => carriesOut(one, decision));
    const { tenant, run } = this.#caller;
    const decided = new Map(decision.arguments);
    const members = Object.keys(call?.mapping.arguments ?? {}).toSorted();
    const { inbound, tool } = this.#exchange;
    const where = [tool.name, inbound.method, call?.mapping.path ?? ""];
    const what = [decision.name, ...members.flatMap((name) => [name, decided.get(name) ?? ""])];
    return sha256Hex(
      "longstop effect by decision 1",
      tenant,
      run.id ?? "",
      run.stage ?? "",
      ...where,
      ...what,
    );
  }
}
