import type { MessageShape } from "./message-shape.ts";

/** The call that a result answers: in which message it stands, and which tool it called. */
export interface AnsweredCall {
  readonly message: number;
  readonly name: string;
}

/** Calls of one message under one id that have no result yet, in order. */
interface Unanswered {
  readonly message: number;
  readonly names: string[];
}

/**
 * For each message the call that it answers, by position: the nearest message before it that has a
 * call of that id without a result. Agents repeat ids, so an id alone proves nothing.
 */
export function pairResults(shapes: readonly MessageShape[]): (AnsweredCall | undefined)[] {
  const waiting = new Map<string, Unanswered[]>();
  return shapes.map((shape, message) => {
    if (shape.callKeys.length > 0) waitFor(waiting, shape, message);
    return shape.answers === undefined ? undefined : answeredBy(waiting, shape.answersKey);
  });
}

function waitFor(
  waiting: Map<string, Unanswered[]>,
  { callKeys, calls }: MessageShape,
  message: number,
): void {
  for (const [place, key] of callKeys.entries()) {
    const name = calls[place]?.name ?? "";
    const stack = waiting.get(key);
    const top = stack?.at(-1);
    if (stack === undefined) waiting.set(key, [{ message, names: [name] }]);
    else if (top?.message === message) top.names.push(name);
    else stack.push({ message, names: [name] });
  }
}

function answeredBy(waiting: ReadonlyMap<string, Unanswered[]>, key: string): AnsweredCall | undefined {
  const stack = waiting.get(key);
  const top = stack?.at(-1);
  const name = top?.names.shift();
  if (top === undefined || name === undefined) return undefined;
  if (top.names.length === 0) stack?.pop();
  return { message: top.message, name };
}
