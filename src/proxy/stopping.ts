import type { Presence } from "./presence.ts";

/**
 * What is under way for one answer, and when it must end: once its client has left, or somebody stops it.
 * The first reason counts.
 */
export class Stopping implements Presence {
  #reason: Error | null = null;
  #listeners: ((reason: Error) => void)[] = [];

  constructor(client: Presence) {
    client.onLeave((reason) => this.stop(reason));
  }

  /** Why it ended; null while it goes on. */
  get reason(): Error | null {
    return this.#reason;
  }

  get left(): boolean {
    return this.#reason !== null;
  }

  stop(reason: Error): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(reason);
  }

  /** Nothing stops it any more: who listens is let go. */
  goesOn(): void {
    this.#listeners = [];
  }

  onLeave(listener: (reason: Error) => void): void {
    if (this.#reason === null) this.#listeners.push(listener);
    else listener(this.#reason);
  }
}
