import { UnansweredCalls } from "../unanswered-calls.ts";
import type { ItemShape } from "./item-shape.ts";
import type { Run } from "./runs.ts";

/** The call that a result answers: in which message it stands, and which tool it called. */
export interface AnsweredCall {
  readonly message: number;
  /** Undefined where the call itself is kept at the provider, and only named here. */
  readonly name: string | undefined;
}

/** For each message the call that it answers, by position. */
export function pairResults(runs: readonly Run[], items: readonly ItemShape[]): (AnsweredCall | undefined)[] {
  const unanswered = new UnansweredCalls();
  /** The nearest message that names an item which the provider keeps, and which may be a call. */
  let referring: number | undefined;
  return runs.map((run, message) => {
    for (const { call, reference, kind } of items.slice(run.from, run.to)) {
      if (reference !== undefined && kind !== "thinking") referring = message;
      if (call !== undefined) unanswered.add(call.key, call.name, message);
    }
    const answers = items[run.from]?.answers;
    if (answers === undefined) return undefined;
    return (
      unanswered.take(answers) ??
      (referring === undefined ? undefined : { message: referring, name: undefined })
    );
  });
}
