import type { CallChange, Turn } from "../../exchange/turn.ts";
import { changeList, setMember, type TextEdit } from "../../wire/json-edit.ts";
import { elements, member, parseAt, typeAt, type Span } from "../../wire/json-text.ts";
import { CallTracker, wireCall, type CallFragment, type GrowingCall } from "./call-tracker.ts";
import type { ChunkChoice } from "./chunk.ts";
import { meansCalls } from "./turn-reading.ts";

function keyOf({ choice, position }: Pick<GrowingCall, "choice" | "position">): string {
  return `${choice} ${position}`;
}

/** What becomes of the calls of one turn, carried out delta by delta. */
export class CallPlan {
  readonly #changes: ReadonlyMap<string, CallChange>;
  /** For each call that stays its number among those that stay. */
  readonly #numbers = new Map<string, number>();
  /** The choices in which a call is dropped, with the number of calls that are left. */
  readonly #left = new Map<number, number>();
  readonly #tracker = new CallTracker();

  constructor(turn: Pick<Turn, "calls">, changes: readonly CallChange[]) {
    this.#changes = new Map(changes.map((change) => [keyOf(change.call), change]));
    const dropped = changes.filter(({ kind }) => kind === "drop").map(({ call }) => call.choice);
    for (const choice of new Set(dropped)) {
      const stays = turn.calls.filter((call) => call.choice === choice && !this.#drops(call));
      for (const [number, call] of stays.entries()) this.#numbers.set(keyOf(call), number);
      this.#left.set(choice, stays.length);
    }
  }

  static unchanged(): CallPlan {
    return new CallPlan({ calls: [] }, []);
  }

  #drops(call: Pick<GrowingCall, "choice" | "position">): boolean {
    return this.#changes.get(keyOf(call))?.kind === "drop";
  }

  /** True where a choice says that it stops for calls, and none of them is left. */
  endsWithoutCalls({ index, finishReason }: ChunkChoice): boolean {
    return this.#left.get(index) === 0 && meansCalls(finishReason);
  }

  /** Edits inside a delta's calls, and the members of the delta that go as a whole. */
  editDelta(text: string, delta: Span, choice: ChunkChoice): { edits: TextEdit[]; gone: Set<string> } {
    const gone = new Set<string>();
    if (this.#changes.size === 0) return { edits: [], gone };
    const fragments = this.#tracker.take(choice.index, choice.delta);
    const list = member(text, delta, "tool_calls");
    const all = list !== undefined && typeAt(text, list) === "array" ? elements(text, list) : [];
    const spans = all.filter((span) => typeAt(text, span) === "object");
    const removed = new Set<number>();
    const edits: TextEdit[] = [];
    for (const [place, fragment] of fragments.entries()) {
      const span = spans[place];
      if (span === undefined) {
        // The deprecated form: no list, and at most one call.
        const to = this.#legacyFragment(fragment);
        if (to === null) gone.add("function_call");
        else if (to !== undefined) edits.push(setMember(text, delta, "function_call", to));
        continue;
      }
      const to = this.#editFragment(text, span, fragment);
      if (to === null) removed.add(all.indexOf(span));
      else edits.push(...to);
    }
    if (list !== undefined && removed.size > 0) {
      if (removed.size === spans.length) gone.add("tool_calls");
      else edits.push(...changeList(list, all, { removed, inserted: new Map() }));
    }
    return { edits, gone };
  }

  /** Null where the fragment leaves. A rewritten call stands whole in its first fragment. */
  #editFragment(text: string, span: Span, { call, opens }: CallFragment): TextEdit[] | null {
    const change = this.#changes.get(keyOf(call));
    if (change?.kind === "drop") return null;
    const index = member(text, span, "index");
    const number = this.#numbers.get(keyOf(call));
    if (change?.kind === "rewrite") {
      if (!opens) return null;
      const old = index === undefined ? call.position : parseAt(text, index);
      const whole = { index: number ?? old, ...wireCall(call, change.argumentsText) };
      return [{ ...span, text: JSON.stringify(whole) }];
    }
    if (number === undefined || index === undefined || parseAt(text, index) === number) return [];
    return [{ ...index, text: String(number) }];
  }

  #legacyFragment({ call, opens }: CallFragment): string | null | undefined {
    const change = this.#changes.get(keyOf(call));
    if (change === undefined) return undefined;
    if (change.kind === "drop" || !opens) return null;
    return JSON.stringify({ name: call.name, arguments: change.argumentsText });
  }
}
