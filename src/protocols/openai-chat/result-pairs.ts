import { UnansweredCalls } from "../unanswered-calls.ts";
import type { MessageShape } from "./message-shape.ts";

/** The call that a result answers: in which message it stands, and which tool it called. */
export interface AnsweredCall {
  readonly message: number;
  readonly name: string;
}

/** For each message the call that it answers, by position. */
export function pairResults(shapes: readonly MessageShape[]): (AnsweredCall | undefined)[] {
  const unanswered = new UnansweredCalls();
  return shapes.map((shape, message) => {
    for (const [place, key] of shape.callKeys.entries()) {
      unanswered.add(key, shape.calls[place]?.name ?? "", message);
    }
    return shape.answers === undefined ? undefined : unanswered.take(shape.answersKey);
  });
}
