/** Calls of one message under one id that have no result yet, in order. */
interface Unanswered {
  readonly message: number;
  readonly names: string[];
}

/**
 * Calls of a history that wait for their results. Agents repeat ids, so an id alone proves nothing: a
 * result answers the nearest message before it that has a call of its id without one.
 */
export class UnansweredCalls {
  readonly #waiting = new Map<string, Unanswered[]>();

  /** A call of a message. Messages come in their order. */
  add(key: string, name: string, message: number): void {
    const stack = this.#waiting.get(key);
    const top = stack?.at(-1);
    if (stack === undefined) this.#waiting.set(key, [{ message, names: [name] }]);
    else if (top?.message === message) top.names.push(name);
    else stack.push({ message, names: [name] });
  }

  /** The call that a result answers, which waits no longer. */
  take(key: string): { readonly message: number; readonly name: string } | undefined {
    const stack = this.#waiting.get(key);
    const top = stack?.at(-1);
    const name = top?.names.shift();
    if (top === undefined || name === undefined) return undefined;
    if (top.names.length === 0) stack?.pop();
    return { message: top.message, name };
  }
}
