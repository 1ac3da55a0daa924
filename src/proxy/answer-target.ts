import type { WholeAnswer } from "../protocols/protocol.ts";
import type { Presence } from "./presence.ts";
import type { Aside } from "./turns/aside.ts";

/** Where an answer goes: to one client, or to a turn that several clients may come for. */
export interface AnswerTarget extends Presence {
  /** Further headers of every kind of answer, such as `Longstop-Interventions`. */
  readonly notes: Map<string, string>;
  /** True once an answer that had begun well was ended by an error in its stream. */
  brokeOff: boolean;
  /** True where whoever waits gets one document in the end, put together from the stream that is written. */
  readonly isRebuilt: boolean;
  /** Where what is not shown yet is written down, and under which name its turn is; null where it is not. */
  readonly aside: Aside | null;
  readonly partial: string | null;
  /** True once headers were written. */
  readonly started: boolean;
  /** True once the work on it was ended by somebody, while there is who is told so. */
  readonly isCancelled: boolean;
  /** True once nobody can be written to any more. */
  readonly closed: boolean;
  /** Says that something of this exchange could not be written to the ledger. */
  noteUnrecorded(): void;
  /** Begins the answer. `headers` are names and values in turn; ours are added. */
  writeHead(status: number, headers: readonly string[]): void;
  /** Headers that are not to wait for the first byte leave now. */
  flushHead(): void;
  /** False where whoever reads should be waited for (`drained`). */
  write(bytes: Uint8Array): boolean;
  /** Resolves once more can be taken, or nobody is there. */
  drained(): Promise<void>;
  /** A comment for who waits at this moment; it is no part of the answer. */
  keepAlive(comment: Uint8Array): void;
  /** Ends well, with these last bytes; resolves once all was handed to the kernel, or nobody is there. */
  end(last?: Uint8Array): Promise<void>;
  /** Sends a whole answer; resolves as `end` does. */
  sendWhole(status: number, headers: readonly string[], body: Uint8Array | string): Promise<void>;
  sendAnswer(answer: WholeAnswer): Promise<void>;
  /** Breaks the connection: what must be seen where an answer that began cannot end well. */
  destroy(): void;
}
