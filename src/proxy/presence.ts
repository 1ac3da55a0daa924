/**
 * Whether somebody still waits: what an `AbortSignal` says, without what it costs. One is made for
 * each exchange, and nearly none is ever asked.
 */
export interface Presence {
  readonly left: boolean;
  /** Calls once they left; at once where they left already. Must not throw. */
  onLeave(listener: (reason: Error) => void): void;
}
