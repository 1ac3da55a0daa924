import { functionCallId, type MessageShape } from "./message-shape.ts";

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
    for (const call of shape.calls) {
      const key = call.id === functionCallId ? functionKey(call.name) : `id ${call.id}`;
      const stack = waiting.get(key) ?? [];
      waiting.set(key, stack);
      const top = stack.at(-1);
      if (top?.message === message) top.names.push(call.name);
      else stack.push({ message, names: [call.name] });
    }
    if (shape.answers === undefined) return undefined;
    const key = shape.wireRole === "function" ? functionKey(shape.answers) : `id ${shape.answers}`;
    const stack = waiting.get(key);
    const top = stack?.at(-1);
    const name = top?.names.shift();
    if (top === undefined || name === undefined) return undefined;
    if (top.names.length === 0) stack?.pop();
    return { message: top.message, name };
  });
}

/** A `function` message names the function that it answers, and no id. */
function functionKey(name: string): string {
  return `function ${name}`;
}
