import { LRUCache } from "lru-cache";
import type { Fact, NewFact } from "../exchange/fact.ts";
import type { Caller } from "../exchange/exchange.ts";
import type { Log } from "../exchange/log.ts";
import type { Prompt } from "../exchange/prompt.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { chainNext, sha256Hex } from "../text/hash.ts";

/** Where the chain of a prompt begins: target, system and tools. */
export function chainStart(prompt: Prompt, target: string): string {
  return sha256Hex("longstop chain 1", target, prompt.headHash);
}

/**
 * The chain of a prompt: `chain[i]` identifies everything up to and including message i. Equal
 * chains mean equal conversations so far, however a client serialises them.
 */
export function chainOf(prompt: Prompt, target: string): readonly string[] {
  let at = chainStart(prompt, target);
  return prompt.messages.map(({ hash }) => (at = chainNext(at, hash)));
}

/**
 * Which conversation a prompt belongs to: its chain up to the task (the first user message), so
 * that every later request of the same conversation has the same id, without any help of the
 * client. Where there is no task yet, the whole chain.
 */
export function conversationId(prompt: Prompt, target: string, chain: readonly string[]): string {
  const task = prompt.messages.find((message) => message.role === "user" && message.hasUserContent);
  const upTo = task?.index ?? prompt.messages.length - 1;
  return chain[upTo] ?? chainStart(prompt, target);
}

/** Facts about one conversation as far as they can be had now. */
export interface KnownFacts {
  readonly facts: readonly Fact[];
  /** False while the ledger is down: what is known applies, nothing new may be set. */
  readonly writable: boolean;
}

/** How many conversations are kept in memory; the ledger has them all. */
const conversationsMax = 10_000;

/**
 * The facts of conversations: written to the ledger before their first use, kept in memory after
 * it, so that a running conversation goes on while the ledger is down.
 */
export class Conversations {
  readonly #ledger: Ledger;
  readonly #log: Log;
  readonly #known = new LRUCache<string, readonly Fact[]>({ max: conversationsMax });

  constructor(ledger: Ledger, log: Log) {
    this.#ledger = ledger;
    this.#log = log;
  }

  async facts(caller: Caller, conversation: string): Promise<KnownFacts> {
    const key = keyOf(caller, conversation);
    const known = this.#known.get(key);
    if (known !== undefined) return { facts: known, writable: true };
    try {
      const facts = await this.#ledger.facts(caller.tenant, subjectOf(conversation));
      this.#known.set(key, facts);
      return { facts, writable: true };
    } catch (cause) {
      this.#log.warn("facts cannot be read", { conversation, cause });
      return { facts: [], writable: false };
    }
  }

  /** Writes facts; true once they are on disk. False where the ledger is down: they do not hold. */
  async append(caller: Caller, conversation: string, facts: readonly NewFact[]): Promise<boolean> {
    if (facts.length === 0) return true;
    try {
      const written = await this.#ledger.append(
        facts.map(({ kind, value, about }) => ({
          tenant: caller.tenant,
          subject:
            about === "run" && caller.run.id !== null ? `run:${caller.run.id}` : subjectOf(conversation),
          kind,
          value,
        })),
      );
      const key = keyOf(caller, conversation);
      const own = written.filter(({ subject }) => subject === subjectOf(conversation));
      this.#known.set(key, [...(this.#known.get(key) ?? []), ...own]);
      return true;
    } catch (cause) {
      this.#log.warn("facts cannot be written", {
        conversation,
        kinds: facts.map(({ kind }) => kind),
        cause,
      });
      return false;
    }
  }
}

function subjectOf(conversation: string): string {
  return `conversation:${conversation}`;
}

function keyOf(caller: Caller, conversation: string): string {
  return `${caller.tenant} ${conversation}`;
}
