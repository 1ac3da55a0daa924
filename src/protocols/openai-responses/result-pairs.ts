import type { ItemShape } from "./item-shape.ts";
import type { Run } from "./runs.ts";

/** The call that a result answers: in which message it stands, and which tool it called. */
export interface AnsweredCall {
  readonly message: number;
  /** Undefined where the call itself is kept at the provider, and only named here. */
  readonly name: string | undefined;
}

/** Calls of one message under one id that have no result yet, in order. */
interface Unanswered {
  readonly message: number;
  readonly names: string[];
}

/**
 * For each message the call that it answers, by position: the nearest message before it that has such a
 * call of that id without a result. Agents repeat ids, so an id alone proves nothing.
 */
export function pairResults(runs: readonly Run[], items: readonly ItemShape[]): (AnsweredCall | undefined)[] {
  const waiting = new Map<string, Unanswered[]>();
  /** The nearest message that names an item which the provider keeps, and which may be a call. */
  let referring: number | undefined;
  return runs.map((run, message) => {
    for (const { call, reference, kind } of items.slice(run.from, run.to)) {
      if (reference !== undefined && kind !== "thinking") referring = message;
      if (call !== undefined) wait(waiting, call.key, call.name, message);
    }
    const answers = items[run.from]?.answers;
    if (answers === undefined) return undefined;
    return (
      take(waiting, answers) ??
      (referring === undefined ? undefined : { message: referring, name: undefined })
    );
  });
}

function wait(waiting: Map<string, Unanswered[]>, key: string, name: string, message: number): void {
  const stack = waiting.get(key) ?? [];
  waiting.set(key, stack);
  const top = stack.at(-1);
  if (top?.message === message) top.names.push(name);
  else stack.push({ message, names: [name] });
}

function take(waiting: ReadonlyMap<string, Unanswered[]>, key: string): AnsweredCall | undefined {
  const stack = waiting.get(key);
  const top = stack?.at(-1);
  const name = top?.names.shift();
  if (top === undefined || name === undefined) return undefined;
  if (top.names.length === 0) stack?.pop();
  return { message: top.message, name };
}
